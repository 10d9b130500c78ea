"""Texts that try to become more than text, and a provider that answers with them wherever it can."""

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.upstreams.scripted import (
    STREAM_HEAD,
    Answer,
    chunk,
    completion_body,
    event,
    json_answer,
    models,
)

# `zq-zq` appears nowhere in our pages: an element or attribute with it comes from such a text.
PIECES = (
    "<zq-zq zq-zq=zq-zq>",
    "<script>window.zq=1</script>",
    "<img src=x zq-zq onerror=window.zq=1>",
    "<img src=http://zq.example/x>",
    "</textarea><zq-zq zq-zq=zq-zq>",
    "</pre></code></li></ol></section><zq-zq zq-zq=zq-zq>",
    "</title></option></select></datalist></template><zq-zq zq-zq=zq-zq>",
    '"><svg zq-zq onload=window.zq=1>',
    "'><svg/zq-zq/onload=window.zq=1>",
    '" zq-zq=zq-zq autofocus onfocus="window.zq=1',
    "' zq-zq=zq-zq onmouseover='window.zq=1",
    " zq-zq=zq-zq ",
    '<hx-partial hx-target="#request-form" zq-zq>zq-zq</hx-partial>',
    '</hx-partial><hx-partial hx-target="#main"><zq-zq zq-zq=zq-zq>',
    '<div zq-zq hx-get="/?zq-zq" hx-trigger="load" hx-on:load="window.zq=1"></div>',
    '<button zq-zq hx-on::before-request="window.zq=1" hx-post="/send/">',
    "javascript:window.zq=1",
    "<a href=javascript:window.zq=1 zq-zq>",
    "<base href=http://zq.example/ zq-zq>",
    '<meta zq-zq http-equiv=refresh content="0;url=http://zq.example/">',
    "<link zq-zq rel=stylesheet href=http://zq.example/x.css>",
    "<style zq-zq>*{background:url(http://zq.example/x.png)}</style>",
    '<iframe zq-zq srcdoc="<script>parent.zq=1</script>"></iframe>',
    "<form zq-zq action=http://zq.example/><input name=api_key>",
    "<template zq-zq shadowrootmode=open><zq-zq zq-zq=zq-zq></template>",
    '"}</script><script>window.zq=1</script>',
    "]]><zq-zq zq-zq=zq-zq>",
    "--><zq-zq zq-zq=zq-zq><!--",
    "&#60;zq-zq zq-zq=zq-zq&#62;&lt;zq-zq&gt;&quot;&#34; zq-zq=zq-zq",
    "{{ request.META }}{% debug %}{# zq-zq #}%(zq-zq)s{zq-zq}",
    "\u2028\u2029<zq-zq zq-zq=zq-zq>",
    "\u202etxet\u202c\u2066\u200b\ufeff",
    "\x01\x08\x0b\x0c\x1b[31m\x7f\x85",
    "\ndata: <zq-zq zq-zq=zq-zq>\n\nevent: done\n",
    "\rdata: <zq-zq zq-zq=zq-zq>\r\revent: done\r",
    "\r\n<zq-zq zq-zq=zq-zq>\r\n",
    "\x00<zq-zq zq-zq=zq-zq>",
    "\\u003czq-zq zq-zq=zq-zq\\u003e\\x3czq-zq\\x3e",
)


def completion_of(text: str) -> Answer:
    call = {"id": text, "type": text, "function": {"name": text, "arguments": text}}
    message = {
        "role": text,
        "content": text,
        "reasoning_content": text,
        "refusal": text,
        "tool_calls": [call],
    }
    choices = [{"index": place, "message": message, "finish_reason": text} for place in (0, 1)]
    return json_answer(
        completion_body(id=text, model=text, object=text, choices=choices, **{text: text})
        | {"usage": {"prompt_tokens": text, "total_tokens": 3, text: text}}
    )


def raw(text: str, status: str = "200", content_type: str = "application/json", body: bytes = b"") -> bytes:
    """Build a response with the text in its status line, its headers and their names."""
    line = re.sub("[\x00-\x1f\x7f]", "", text).encode()
    name = line.replace(b":", b"").replace(b" ", b"")
    head = f"HTTP/1.1 {status} ".encode() + line + b"\r\nX-Request-Id: " + line + b"\r\n" + name
    return head + b": " + line + f"\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


def answers(text: str) -> dict[str, Any]:
    """Return every shape of a response that is not a stream, by name."""
    error = {"message": text, "type": text, "code": text, "param": text}
    return {
        "completion": completion_of(text),
        "head": raw(text, body=json.dumps(completion_body(text)).encode()),
        "error": json_answer({"error": error}, 400),
        "error as a text": json_answer({"error": text, "detail": [{"msg": text, "loc": [text]}]}, 422),
        "HTML": raw(text, "502", "text/html", f"<html><title>{text}</title><h1>{text}".encode()),
        "text": raw(text, "429", "text/plain", text.encode()),
        "no JSON": Answer(body=text.encode()),
        "no completion": json_answer({text: [text, {text: text}]}),
        "no HTTP": f"{text}\r\n\r\n".encode(),
        "location": raw(text, "302"),
    }


def models_of(text: str) -> Answer:
    return models(text, f"{text}2", "m")


def stream_start(pieces: Iterable[str], text: str) -> bytes:
    """Build a stream: answer, reasoning, refusal and a tool call in deltas, the text everywhere else."""
    line = re.sub("[\r\n]", " ", text)
    begun = f": {line}\nevent: {line}\nid: {line}\nretry: {line}\n{line}: {line}\n".encode()
    begun += event(
        chunk({"role": text, "content": "", text: text}) | {"id": text, "model": text, "object": text}
    )
    for piece in pieces:
        function = {"name": piece, "arguments": piece}
        call = {"index": 0, "id": piece, "type": "function", "function": function}
        delta = {"content": piece, "reasoning_content": piece, "refusal": piece, "tool_calls": [call]}
        begun += event(chunk(delta)) + event(chunk(delta, index=1))
    begun += f"data: {line}\rdata: {line}\n\n".encode()  # not JSON, in two lines
    return STREAM_HEAD.replace(b"200 OK", b"200 " + re.sub("[\x00-\x1f]", "", text).encode()) + begun


def stream_end(text: str) -> bytes:
    last = chunk({}, finish_reason=text) | {"usage": {"prompt_tokens": 1, text: text}}
    return event(last) + event({"error": {"message": text, "code": text}}) + event(text.replace("\n", " "))


def full_request(text: str) -> dict[str, Any]:
    """Build a request body with the text in every field that the form has, and in some that it does not."""
    call = {"id": text, "type": "function", "function": {"name": text, "arguments": text}}
    return {
        "model": text,
        "messages": [
            {"role": text, "content": text, "name": text},
            {"role": "assistant", "content": text, "tool_calls": [call]},
            {"role": "tool", "content": text, "tool_call_id": text},
            {"role": "user", "content": [{"type": "text", "text": text}], text: text},
        ],
        "stop": [text, text],
        "user": text,
        "temperature": text,
        "response_format": {"type": text},
        text: text,
    }


def full_form(text: str) -> dict[str, Any]:
    """Return the form's fields with the text in each."""
    from playground.dialects.chat_completions.parameters import PARAMETERS

    return {
        "base_url": text,
        "model": text,
        "role": [text, "tool", "user"],
        "content": [text] * 3,
        "tool_call_id": [text] * 3,
        "extra": ["", json.dumps({"name": text}), text],
        **{parameter.name: text for parameter in PARAMETERS},
        "more": json.dumps({text: text}),
        "number": text,
        "do": f"append:chat_completions:{json.dumps([{'role': text, 'content': text}])}",
    }
