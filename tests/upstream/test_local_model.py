"""The real model in its real process."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client

from playground.upstream.local_model import abilities, supervisor, weights
from playground.upstream.local_model.life import Life
from playground.upstream.local_model.supervisor import LocalModelError, Supervisor
from tests.configuration import configure
from tests.web.client import post_form, post_json

# At temperature 0 it always says the same; otherwise it may stop after one word.
HELLO = {
    "model": "smollm2-135m-instruct",
    "messages": [{"role": "user", "content": "Hello!"}],
    "temperature": 0,
}


def _eventually(check: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return False


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_it_answers_and_its_usage_adds_up(client: Client, local_model: Supervisor) -> None:
    answer = post_json(client, provider="local", request=HELLO | {"max_tokens": 8}).json()

    assert answer["error"] is None
    assert answer["completion"]["choices"][0]["message"]["content"].strip()
    usage = answer["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert answer["timings"]["tokens_per_second"] > 0


def test_five_tokens_end_by_length(client: Client, local_model: Supervisor) -> None:
    # Other requests in the batch change a small model's answer: it might end before the fifth token.
    request = HELLO | {"max_tokens": 5, "ignore_eos": True}

    answer = post_json(client, provider="local", request=request).json()

    assert answer["completion"]["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 5


def test_several_choices_come_when_asked_for(client: Client, local_model: Supervisor) -> None:
    answer = post_json(client, provider="local", request=HELLO | {"n": 3, "max_tokens": 5}).json()

    assert len(answer["completion"]["choices"]) == 3
    # llama.cpp counts only the tokens of the first choice.
    assert "completion_tokens" not in answer["usage"]
    assert answer["usage"]["prompt_tokens"] > 0


def test_the_usage_of_a_stream_counts_all_answers(client: Client, local_model: Supervisor) -> None:
    request = {"n": 3, "max_tokens": 5, "stream": True, "stream_options": {"include_usage": True}}

    answer = post_json(client, provider="local", request=HELLO | request).json()

    counted = [event for event in answer["response"]["body"].split("\n") if '"usage"' in event]
    assert len(counted) == 3
    assert answer["usage"]["completion_tokens"] == sum(
        json.loads(event.removeprefix("data: "))["usage"]["completion_tokens"] for event in counted
    )


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


@pytest.fixture
def known_model(client: Client, local_model: Supervisor) -> Supervisor:
    """The local model, once it has reported what it lacks, as after showing a page."""
    client.get("/")
    assert _eventually(lambda: "tools" in abilities.probe.lacks)
    return local_model


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [AUDIO]}]}, "messages.0.content"),
        ({"tools": [TOOL]}, "tools"),
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
    ],
)
def test_what_it_cannot_take_is_said_before_it_is_sent(
    client: Client, known_model: Supervisor, changes: dict[str, Any], field: str
) -> None:
    answer = post_json(client, provider="local", request=HELLO | changes)

    assert answer.status_code == 400
    assert "local model" in answer.json()["error"]["fields"][field]


def test_tools_can_be_left_out_with_a_click(client: Client, known_model: Supervisor) -> None:
    page = post_form(client, htmx=True, provider="local", more=json.dumps({"tools": [TOOL]})).content

    assert b"Send without tools" in page


def test_too_long_a_conversation_says_what_it_has_room_for(client: Client, local_model: Supervisor) -> None:
    messages = [{"role": "user", "content": "word " * 9000}]

    answer = post_json(client, provider="local", request=HELLO | {"messages": messages}).json()

    assert answer["response"]["status"] == 400
    assert "8192" in answer["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_long_prompt_on_a_slow_machine_is_no_silence(
    client: Client, local_model: Supervisor, settings: Any, stream: bool
) -> None:
    """The silence limit is over before the first token."""
    settings.LIMITS = replace(settings.LIMITS, silence_seconds=0.1)
    text = f"{stream} " + "word " * 150
    request = HELLO | {"messages": [{"role": "user", "content": text}], "max_tokens": 2, "stream": stream}

    answer = post_json(client, provider="local", request=request).json()

    assert answer["error"] is None
    assert answer["timings"]["total_ms"] > 100
    assert answer["completion"]["choices"][0]["finish_reason"]


def test_one_that_does_nothing_is_silent(
    client: Client, local_model: Supervisor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIMITS = replace(settings.LIMITS, silence_seconds=0.05)
    monkeypatch.setattr(Life, "_slots", lambda self: [])
    text = "never " * 1000
    request = HELLO | {"messages": [{"role": "user", "content": text}], "max_tokens": 2}

    answer = post_json(client, provider="local", request=request).json()

    assert answer["error"]["kind"] == "silence"


def test_progress_that_stops_is_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    life, now = Life("http://127.0.0.1:1"), 1000.0
    monkeypatch.setattr("playground.upstream.local_model.life.time.monotonic", lambda: now)
    work: list[Any] = [["task", 1]]
    monkeypatch.setattr(life, "_slots", lambda: list(work))

    assert (life.works(), life.hangs()) == (True, False)
    now += 179
    assert (life.works(), life.hangs()) == (True, False)
    now += 2
    assert (life.works(), life.hangs()) == (False, True)
    work[0] = ["task", 2]
    assert (life.works(), life.hangs()) == (True, False)
    work.clear()
    assert (life.works(), life.hangs()) == (False, False)


def test_a_model_that_says_nothing_of_its_work_hangs_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    life, now = Life("http://127.0.0.1:1"), 1000.0  # where nothing answers
    monkeypatch.setattr("playground.upstream.local_model.life.time.monotonic", lambda: now)

    assert (life.works(), life.hangs()) == (True, False)
    now += 181
    assert (life.works(), life.hangs()) == (False, True)


def test_it_lists_itself(client: Client, local_model: Supervisor) -> None:
    assert post_json(client, "/models/", provider="local").json()["models"] == ["smollm2-135m-instruct"]


def test_its_key_is_needed(local_model: Supervisor) -> None:
    answer = requests.post(f"{local_model.url}/chat/completions", json=HELLO, timeout=30)

    assert answer.status_code == 401


def test_its_key_is_on_no_command_line(local_model: Supervisor) -> None:
    for file in ("cmdline", "environ"):
        assert local_model.key.encode() not in Path(f"/proc/{local_model.pid}/{file}").read_bytes()


def test_its_threads_sleep_while_they_wait_for_each_other(local_model: Supervisor) -> None:
    assert b"OMP_WAIT_POLICY=passive" in Path(f"/proc/{local_model.pid}/environ").read_bytes().split(b"\0")


@pytest.fixture
def own_model() -> Supervisor:
    return Supervisor(weights.ensure(weights.SMOLLM2, weights.cache_folder()))


def test_when_it_dies_it_is_back_at_the_same_place(own_model: Supervisor) -> None:
    own_model.start()
    try:
        own_model.wait_until_ready()
        url, key, first = own_model.url, own_model.key, own_model.pid
        assert first is not None

        os.kill(first, signal.SIGKILL)
        assert _eventually(lambda: own_model.pid != first)
        own_model.wait_until_ready()

        answer = requests.post(
            f"{url}/chat/completions",
            json=HELLO | {"max_tokens": 3},
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )
        assert answer.status_code == 200
    finally:
        own_model.stop()


def test_a_send_while_it_starts_again_waits_for_it(
    client: Client, own_model: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_model.start()
    try:
        own_model.wait_until_ready()
        configure(PLAYGROUND_LOCAL_MODEL_URL=own_model.url)
        monkeypatch.setenv("LOCAL_API_KEY", own_model.key)
        assert own_model.pid is not None
        os.kill(own_model.pid, signal.SIGKILL)

        answer = post_json(client, provider="local", request=HELLO | {"max_tokens": 3}).json()

        assert answer["error"] is None
    finally:
        own_model.stop()


def test_one_that_hangs_is_started_again_and_one_that_works_is_not(
    own_model: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.upstream.local_model.supervisor._LOOK_SECONDS", 0.1)
    monkeypatch.setattr("playground.upstream.local_model.supervisor._DEAF_SECONDS", 2)
    monkeypatch.setattr("playground.upstream.local_model.supervisor._START_SECONDS", 30)
    own_model.start()
    try:
        own_model.wait_until_ready()
        first = own_model.pid
        assert first is not None
        request = HELLO | {"messages": [{"role": "user", "content": "word " * 500}], "max_tokens": 2}
        answer = requests.post(
            f"{own_model.url}/chat/completions",
            json=request,
            headers={"Authorization": f"Bearer {own_model.key}"},
            timeout=300,
        )
        assert answer.status_code == 200
        assert own_model.pid == first

        os.kill(first, signal.SIGSTOP)

        assert _eventually(lambda: own_model.pid != first, 60)
        own_model.wait_until_ready()
    finally:
        own_model.stop()


def test_two_starts_at_once_have_two_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them gets the usual port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        usual = probe.getsockname()[1]
    monkeypatch.setattr(supervisor, "_USUAL_PORT", usual)
    start = threading.Barrier(2)

    def reserve(_: int) -> socket.socket:
        start.wait(20)
        return supervisor._reserve_port()

    with ThreadPoolExecutor(2) as pool:
        for _ in range(300):
            reserved = list(pool.map(reserve, range(2)))
            ports = {one.getsockname()[1] for one in reserved}
            for one in reserved:
                one.close()
            assert len(ports) == 2
            assert usual in ports


def test_a_proxy_for_the_rest_of_the_world_is_not_asked(
    own_model: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    own_model.start()
    try:
        own_model.wait_until_ready()
    finally:
        own_model.stop()


def test_stopping_while_it_starts_again_leaves_nothing_running(own_model: Supervisor) -> None:
    own_model.start()
    own_model.wait_until_ready()
    url, pid = own_model.url, own_model.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    own_model.stop()

    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=30)


def test_stopping_ends_it(own_model: Supervisor) -> None:
    own_model.start()
    own_model.wait_until_ready()
    pid = own_model.pid
    assert pid is not None

    own_model.stop()

    assert not _is_running(pid)


@pytest.mark.parametrize("model_is_stopped", [False, True])
def test_it_does_not_outlive_a_parent_that_is_killed(model_is_stopped: bool) -> None:
    code = (
        "import time; from playground.upstream.local_model import weights;"
        "from playground.upstream.local_model.supervisor import Supervisor;"
        "m = Supervisor(weights.ensure(weights.SMOLLM2, weights.cache_folder()));"
        "m.start(); m.wait_until_ready(); print(m.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert _is_running(pid)
        if model_is_stopped:
            os.kill(pid, signal.SIGSTOP)

        parent.kill()

    assert _eventually(lambda: not _is_running(pid))


def test_weights_that_are_none_are_said_to_be(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "model.gguf").write_bytes(b"no weights")
    model = Supervisor(tmp_path / "model.gguf")
    model.start()
    try:
        with pytest.raises(LocalModelError, match="didn’t start"):
            model.wait_until_ready()
    finally:
        model.stop()

    assert not caplog.records  # the error says it, and there is no retry
