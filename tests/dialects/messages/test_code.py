"""Run the code of 300 generated calls with the real SDK: what arrives is what the playground sends."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from playground import snippets
from playground.dialects.messages.dialect import MESSAGES
from playground.exchange.call import AUTHS, BEARER, X_API_KEY, Auth, Call
from playground.exchange.dialect import call_of
from tests.dialects.messages.events import encoded, start, stopped, text, thinking
from tests.exchange.strategies import json_values, numbers, texts
from tests.snippets.running import KEY, canonical, generated, run_again, run_curl, run_python
from tests.upstreams.scripted import Recorded, ScriptedUpstream, event_stream, json_answer
from tests.wire.cases.messages import MESSAGE

CALLS = 300


def _block(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


_blocks = st.lists(
    st.one_of(
        _block("text", text=texts),
        _block("image", source=st.dictionaries(texts, texts, max_size=2)),
        _block("tool_result", tool_use_id=texts, content=json_values),
        _block("tool_use", id=texts, name=texts, input=json_values),
        _block("thinking", thinking=texts, signature=texts),
    ),
    max_size=3,
)
_messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant"]), "content": st.one_of(texts, _blocks)}
)
_objects = st.dictionaries(texts, json_values, max_size=3)
requests = st.fixed_dictionaries(
    {
        "model": texts.filter(str.strip),
        "max_tokens": st.integers(0, 2**40),
        "messages": st.lists(_messages, min_size=1, max_size=4),
    },
    optional={
        "anthropic-version": st.sampled_from(["2023-06-01", "2026-10-21"]),
        "anthropic-workspace-id": st.just("wrkspc_1"),
        "system": st.one_of(texts, st.lists(_block("text", text=texts))),
        "temperature": numbers,
        "top_k": st.integers(0, 2**63),
        "stop_sequences": st.one_of(st.none(), st.lists(texts, max_size=4)),
        "thinking": st.one_of(st.none(), _block("enabled", budget_tokens=st.integers())),
        "tools": st.lists(st.fixed_dictionaries({"name": texts, "input_schema": _objects}), max_size=2),
        "tool_choice": _objects,
        "output_config": _objects,
        "metadata": _objects,
        "cache_control": st.one_of(st.none(), _objects),
        "service_tier": texts,
        "speed": st.one_of(st.none(), texts),
        "stream": st.booleans(),
        # Names that cannot be keyword arguments, or that mean something else to the SDK.
        "workspace_id": json_values,
        "user_profile_id": json_values,
        "output_format": json_values,
        "timeout": json_values,
        "extra_body": json_values,
        "extra_headers": json_values,
        "class": json_values,
        "a key with spaces": json_values,
        "provider_option": json_values,
    },
)


@pytest.fixture(scope="module")
def bodies() -> list[dict[str, Any]]:
    return generated(requests, CALLS)


@pytest.fixture
def recorder() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        upstream.reply(_answer)
        yield upstream


def _answer(connection: socket.socket, recorded: Recorded) -> None:
    if recorded.json.get("stream"):
        events = [start(), {"type": "ping"}, *thinking(0, "Hm"), *text(1, "Hel", "lo!"), *stopped()]
        connection.sendall(event_stream(encoded(*events)).encode())
    else:
        connection.sendall(json_answer(MESSAGE).encode())


def _call(base_url: str, body: dict[str, Any], auth: Auth = X_API_KEY, key: str | None = "TEST_KEY") -> Call:
    return replace(call_of(MESSAGES, base_url, key, body), auth=auth)


def _code(call: Call) -> dict[str, str]:
    return snippets.render(call, MESSAGES.targets)


def _assert_sent(recorded: Recorded, call: Call, key: str) -> None:
    """Assert the body and the headers that the playground sends itself."""
    assert canonical(json.loads(recorded.body)) == canonical(call.wire)
    expected = dict(call.headers + call.auth.headers(key))
    names = {"anthropic-version", "anthropic-workspace-id", *(auth.header for auth in AUTHS.values())}
    assert {name: recorded.header(name) for name in names} == dict.fromkeys(names) | expected
    assert f"http://{recorded.header('Host')}{recorded.path}" == call.url


@pytest.mark.parametrize(("target", "run"), [("curl", run_curl), ("python", run_python)])
def test_the_code_sends_what_the_playground_sends(
    recorder: ScriptedUpstream,
    bodies: list[dict[str, Any]],
    tmp_path: Path,
    target: str,
    run: Callable[[list[str], Path], None],
) -> None:
    # The number in the path tells which of the recorded requests is which.
    calls = [
        _call(recorder.url.replace("/v1", f"/call{number}/v1"), body) for number, body in enumerate(bodies)
    ]

    run([_code(call)[target] for call in calls], tmp_path)

    assert len(recorder.requests) == len(calls)
    for request in recorder.requests:
        _assert_sent(request, calls[int(request.path.split("/")[1].removeprefix("call"))], KEY)


@pytest.mark.parametrize("root", ["/v1", "/anthropic", ""])
@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("auth", "key"), [*((auth, "TEST_KEY") for auth in AUTHS.values()), (X_API_KEY, None), (BEARER, None)]
)
def test_the_key_is_in_the_header_of_the_provider_and_the_answer_is_printed(
    recorder: ScriptedUpstream, tmp_path: Path, root: str, streams: bool, auth: Auth, key: str | None
) -> None:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "temperature": 0}
    call = _call(recorder.url.replace("/v1", root), body | ({"stream": True} if streams else {}), auth, key)
    file = tmp_path / "call.py"
    file.write_text(_code(call)["python"], encoding="utf-8")

    done = run_again(file, ANTHROPIC_API_KEY="sk-another")

    assert (done.returncode, done.stdout) == (0, "Hello!\n"), done.stderr
    _assert_sent(recorder.requests[0], call, KEY if key else "")
