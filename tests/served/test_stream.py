"""Live streams through gunicorn as configured, with real sockets on both sides."""

import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.served.conftest import Tab, eventually
from tests.site import Site, workers
from tests.upstreams.scripted import (
    CHUNKED_HEAD,
    STREAM_END,
    STREAM_HEAD,
    Paused,
    Recorded,
    ScriptedUpstream,
    completion,
    event,
    http_chunk,
    json_answer,
    stream,
    token,
)

Serve = Callable[..., Site]
OpenTab = Callable[[Site], Tab]


@pytest.fixture
def site(share: Serve) -> Site:
    return share(PLAYGROUND_HEARTBEAT_SECONDS="0.3")


@pytest.fixture
def calm_site(share: Serve) -> Site:
    """A site with no heartbeat and no limit within the time that a test waits."""
    return share(PLAYGROUND_HEARTBEAT_SECONDS="60", PLAYGROUND_SILENCE_SECONDS="120")


def test_a_token_is_shown_before_the_next_one_exists(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    paused = Paused(STREAM_HEAD + token("first"), token(" second") + STREAM_END)
    upstream.reply(paused)

    live = open_tab(site).open()
    assert live.response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    live.until('-live-text-0", "first"')
    assert "second" not in live.seen
    paused.go.set()

    page = live.rest()
    assert 'data-part="answer-1">first second</p>' in page
    assert "Ended with [DONE]" in page
    assert page.count("\\n[") == 4  # lines of the list of events
    assert upstream.requests[0].json["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        STREAM_HEAD[:20],
        STREAM_HEAD,
        STREAM_HEAD + token("one"),
        CHUNKED_HEAD + http_chunk(token("one")),
        CHUNKED_HEAD + http_chunk(token("one")) + b"1",
    ],
    ids=[
        "before the first byte",
        "after an interim answer",
        "within the head",
        "in silence",
        "in mid-stream",
        "after an HTTP chunk",
        "within the size of a chunk",
    ],
)
@pytest.mark.parametrize("way", ["fin", "reset", "stop"])
def test_leaving_closes_the_connection_to_the_provider(
    calm_site: Site, upstream: ScriptedUpstream, first: bytes, way: str, open_tab: OpenTab
) -> None:
    """At once: no heartbeat and no limit could do it in this time."""
    tab, paused = open_tab(calm_site), Paused(first)
    upstream.reply(paused)
    live = tab.open()
    _ = live.number
    assert paused.started.wait(10)
    if b"one" in first:
        live.until('"one"')
    if way == "stop":
        assert tab.stop(live) == 204
    else:
        live.leave(reset=way == "reset")
    assert paused.left.wait(10)
    if way == "stop":
        assert "<h3>" in live.rest()
        assert "Stopped" in live.seen
        assert ("one</p>" in live.seen) == (b"one" in first)


def test_stopping_an_unknown_call_says_so(site: Site, open_tab: OpenTab) -> None:
    tab = open_tab(site)
    answer = tab.session.post(
        f"{site.address}stop/", {"number": "guess"}, headers={"X-CSRFToken": tab.token}, timeout=20
    )

    assert answer.status_code == 404


LATE = token("late") + STREAM_END


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (b"", STREAM_HEAD + LATE),
        (b"HTTP/1.1 102 Processing\r\n\r\n", STREAM_HEAD + LATE),
        (STREAM_HEAD[:20], STREAM_HEAD[20:] + LATE),
        (STREAM_HEAD, LATE),
        (STREAM_HEAD + token("early") + b": ping\n\n", LATE),
        (CHUNKED_HEAD + http_chunk(token("early")), http_chunk(LATE) + http_chunk(b"")),
        (CHUNKED_HEAD + http_chunk(token("early")) + b"000", http_chunk(LATE) + http_chunk(b"")),
    ],
    ids=[
        "before the first byte",
        "after an interim answer",
        "within the head",
        "in silence",
        "in mid-stream",
        "after an HTTP chunk",
        "within the size of a chunk",
    ],
)
def test_a_silence_has_heartbeats(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab, first: bytes, last: bytes
) -> None:
    paused = Paused(first, last)
    upstream.reply(paused)

    live = open_tab(site).open()
    if b"early" in first:
        live.until('"early"')
    live.until(":\n\n:\n\n")
    for _ in range(3):
        requests.get(site.address, timeout=20)
    paused.go.set()

    assert "late</p>" in live.rest()
    assert live.seen.count(":\n\n") < 200  # while pages were served; far fewer than would fit in that time


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nA: ", CHUNKED_HEAD], ids=["head", "size of a chunk"])
def test_a_dripping_response_has_heartbeats_and_can_be_stopped(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab, first: bytes
) -> None:
    left = threading.Event()

    def drip(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(first)
        try:
            while True:
                connection.sendall(b"0")
                time.sleep(0.01)
        finally:
            left.set()

    upstream.reply(drip)
    tab = open_tab(site)
    live = tab.open()

    live.until(":\n\n:\n\n")
    assert tab.stop(live) == 204

    assert "Stopped" in live.rest()
    assert left.wait(10)


def test_tokens_that_come_at_once_are_sent_at_once(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    upstream.reply(stream(*({"content": f"t{number} "} for number in range(300))))

    page = open_tab(site).open().rest()

    patches = page.count('-live-text-0"')
    assert 1 <= patches < 30
    assert "t0 t1 t2" in page
    assert "t299 </p>" in page


def test_text_cannot_inject_events_or_markup(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    upstream.reply(
        stream(
            {
                "content": "a\r\revent: hx:evil\rdata: <b>x</b>\r\n\r\n"
                "</hx-partial><hx-partial hx-target='#send'>"
            }
        )
    )

    page = open_tab(site).open().rest()

    assert "\r" not in page
    assert set(re.findall(r"^event.*", page, re.MULTILINE)) == {"event: playground:texts"}
    markup = re.sub(r"(?m)^event: playground:texts\ndata: .*$", "", page)
    assert "<b>x" not in markup
    assert "<hx-partial hx-target='#send'" not in markup


def test_an_error_in_mid_stream_is_shown_beside_what_arrived(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    upstream.reply(STREAM_HEAD + token("so far") + event({"error": {"message": "Overloaded."}}))

    page = open_tab(site).open().rest()

    assert "Error during streaming" in page
    assert "Overloaded." in page
    assert "so far</p>" in page


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (STREAM_HEAD + token("x"), "The stream ended early"),
        (
            STREAM_HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 9999\r\n\r\n") + token("x"),
            "The response was cut off",
        ),
        (json_answer({"error": {"message": "No."}}, 429), "Rate limit reached"),
        (completion("at once"), "at once</p>"),
    ],
)
def test_each_kind_of_end_is_reported(
    site: Site, upstream: ScriptedUpstream, reply: bytes, words: str, open_tab: OpenTab
) -> None:
    upstream.reply(reply)

    assert words in open_tab(site).open().rest()


def test_a_refused_stream_option_can_be_left_out(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    upstream.reply(json_answer({"error": {"message": "Unsupported parameter: stream_options"}}, 400))

    assert "Send without stream_options" in open_tab(site).open().rest()


def test_silence_drips_and_browsers_that_do_not_read_reach_the_limits(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    site = serve(PLAYGROUND_SILENCE_SECONDS="1", PLAYGROUND_EXCHANGE_SECONDS="2")
    tab = open_tab(site)

    upstream.reply(Paused(STREAM_HEAD + token("x")))
    assert "stopped responding" in tab.open().rest()

    def drip(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(STREAM_HEAD)
        while True:
            connection.sendall(b":")
            time.sleep(0.02)

    upstream.reply(drip)
    assert "The call took too long" in tab.open().rest()


def test_a_slow_browser_slows_the_provider_down(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    site = serve(PLAYGROUND_RESPONSE_BYTES=str(1 << 28), PLAYGROUND_EXCHANGE_SECONDS="4")
    sent = 0
    ended = threading.Event()

    def flood(connection: socket.socket, recorded: Recorded) -> None:
        nonlocal sent
        connection.sendall(STREAM_HEAD)
        piece = token("x" * 900)
        try:
            while True:
                connection.sendall(piece)
                sent += len(piece)
        finally:
            ended.set()

    upstream.reply(flood)
    before = _resident(site)
    live = open_tab(site).open(receive_buffer=4096)
    _ = live.number
    assert eventually(lambda: sent > 100_000)

    def stalled() -> bool:
        so_far = sent
        time.sleep(0.5)
        return sent == so_far

    assert eventually(stalled, 3.5), f"{sent} bytes and counting"
    assert sent < 40 << 20  # at most what the buffers of four sockets hold
    assert _resident(site) - before < 150 << 20
    # And it does not hold its thread forever: the total time limit ends it, although nobody reads its last
    # event.
    assert ended.wait(10)
    assert eventually(lambda: _connections(site.port) == 0, 12)


def test_streams_never_starve_the_page(serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab) -> None:
    site = serve(PLAYGROUND_THREADS="10")
    tab, paused = open_tab(site), Paused(STREAM_HEAD)
    upstream.reply(paused)
    streams = [tab.open() for _ in range(8)]
    for live in streams:
        _ = live.number

    refused = tab.send(stream="on")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert "The playground is busy" in refused.text
    assert tab.send().status_code == 503
    assert requests.get(f"{site.address}healthz", timeout=5).text == "ok"
    assert "Request" in requests.get(site.address, timeout=5).text

    paused.go.set()
    for live in streams:
        assert "Ended with [DONE]" in live.rest()
    upstream.reply(completion())
    assert tab.send().status_code == 200


def test_sigterm_lets_running_streams_end_and_refuses_new_ones(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    site = serve(PLAYGROUND_GRACE_SECONDS="20")
    tab, paused = open_tab(site), Paused(STREAM_HEAD + token("before"), token(" and after") + STREAM_END)
    upstream.reply(paused)
    live = tab.open()
    live.until('"before"')

    site.process.send_signal(signal.SIGTERM)

    assert eventually(lambda: requests.get(f"{site.address}healthz", timeout=5).status_code == 503)
    refused = tab.send(stream="on")
    assert refused.status_code == 503
    assert "The playground is restarting" in refused.text
    assert "Request" in requests.get(site.address, timeout=5).text
    paused.go.set()
    assert "before and after</p>" in live.rest()
    assert site.process.wait(15) == 0


def test_after_the_grace_time_what_still_runs_is_ended_with_its_record(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    site = serve(PLAYGROUND_GRACE_SECONDS="0.5")
    upstream.reply(Paused(STREAM_HEAD + token("so far")))
    live = open_tab(site).open()
    live.until('"so far"')

    site.process.send_signal(signal.SIGTERM)

    page = live.rest()
    assert "The playground restarted" in page
    assert "so far</p>" in page
    assert site.process.wait(15) == 0


def test_a_reload_interrupts_nothing(serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab) -> None:
    site = serve()
    tab, paused = open_tab(site), Paused(STREAM_HEAD + token("old"), token(" worker") + STREAM_END)
    upstream.reply(paused)
    live = tab.open()
    live.until('"old"')
    before = workers(site)

    site.process.send_signal(signal.SIGHUP)

    assert eventually(lambda: bool(workers(site) - before), 20)
    upstream.reply(completion("from the new one"))
    for _ in range(10):
        time.sleep(0.1)
        assert "from the new one" in tab.send().text
    paused.go.set()
    assert "old worker</p>" in live.rest()
    assert eventually(lambda: not before & workers(site), 20)


def test_json_collects_a_stream(site: Site, upstream: ScriptedUpstream, open_tab: OpenTab) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))
    tab = open_tab(site)
    request = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}

    answer = tab.session.post(
        f"{site.address}send/",
        json={"provider": "test", "request": request},
        headers={"X-CSRFToken": tab.token},
        timeout=20,
    )

    assert json.loads(answer.text)["completion"]["choices"][0]["message"]["content"] == "Hello"


def _resident(site: Site) -> int:
    """Return the memory of all workers, in bytes."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in workers(site))
    return pages * os.sysconf("SC_PAGE_SIZE")


def _connections(port: int) -> int:
    """Count the established connections on the server's side of a port."""
    wanted = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(wanted) and line.split()[3] == "01" for line in lines)
