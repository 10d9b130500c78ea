"""Exchanges and proof files for tests."""

import json
import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.history.saving import Page
from playground.proof import file
from playground.text import jsontext

ARCHIVES = Path(__file__).parents[1] / "exchange" / "archives"
ADDRESS = "https://playground.example.org/"
# Not this playground's: what another one would sign with.
FOREIGN = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def recorded(name: str = "stream") -> Exchange:
    """Return the exchange of a golden archive."""
    value = json.loads((ARCHIVES / f"{name}.json").read_text(encoding="utf-8"))
    return archive.load(value["archive"], DIALECTS)


def called(
    messages: Any = None, answer: Any = "Hello there", *, stream: bool = False, **changes: Any
) -> Exchange:
    """Return a Chat Completions call. With `stream`, `answer` lists the pieces; else it is the answer's text.

    `changes` are fields of the archive, `body` the received body, and further received `headers`.
    """
    value = archive.dump(recorded("stream" if stream else "completion"))
    request = {
        "model": "m",
        "messages": messages or [{"role": "user", "content": "Hello!"}],
        "stream": stream,
    }
    if stream:
        chunks = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in answer]
        parts = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
        received, times = "".join(parts), [float(number) for number, _ in enumerate(parts)]
    else:
        message = {"role": "assistant", "content": answer}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        received, times = json.dumps({"id": "c-1", "choices": choices, "usage": usage}), None
    value["call"]["body"] = request
    value["sent"]["body"] = {"text": jsontext.dumps(request).decode()}
    value["received"]["body"] = {"text": changes.pop("body", received)}
    value["received"]["headers"] += changes.pop("headers", [])
    return archive.load(value | {"events_ms": times} | changes, DIALECTS)


def signed_elsewhere(html: str) -> bytes:
    """Return a file that another playground signed, whatever is in it."""
    data = html.encode() + b"\n"
    seal = f"<!-- api-playground-proof 1 Ed25519 {FOREIGN.public_key().public_bytes_raw().hex()} "
    return data + f"{seal}{FOREIGN.sign(data).hex()} -->\n".encode()


def script(exchange: Exchange | None = None) -> str:
    return file.script(exchange or called(), ADDRESS, ())


def download(client: Client, page: str, **fields: Any) -> bytes:
    """Save the proof of the call that a result page carries."""
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found
    response = client.post("/proof/", {"carried": found[1], "do": "proof", **fields})
    assert response.status_code == 200, response.content[:2000]
    return response.content


def shown(exchange: Exchange) -> Page:
    return Page(exchange, ADDRESS)
