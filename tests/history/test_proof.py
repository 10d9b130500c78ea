"""Saving a call as a proof file, HAR or JSONL; opening a proof file; exporting runs."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st

from playground.calls.cost import Cost
from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.proof import file, keys
from playground.proof.file import MOST_BYTES, State, read
from playground.proof.hidden import MASK
from playground.rendering.answer import rendered
from playground.runs import made, tidy
from playground.runs.models import Run
from playground.web.sending import Download
from tests.configuration import configure
from tests.proof.made import called, download, recorded, script, signed_elsewhere
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer, stream
from tests.web.browser_form import posted
from tests.web.client import post_form, post_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def _keep(client: Client, **changes: Any) -> Run:
    configure(PLAYGROUND_RUNS="1")
    tidy.forget()
    return Run.objects.get(key=post_json(client, **changes).json()["id"])


def _open(client: Client, data: bytes) -> Any:
    return client.post("/proof/open/", {"file": SimpleUploadedFile("proof.html", data), "end": "1"})


def _state(page: str) -> tuple[str, str]:
    found = re.search(r'data-state="(\w+)" data-ours="(\w+)"', page)
    assert found, page[:2000]
    return found[1], found[2]


# --- saving ---


def test_a_run_is_saved_and_opened_again(client: Client, upstream: ScriptedUpstream) -> None:
    run = _keep(client)

    saved = client.post(f"/runs/{run.key}/proof/", {"do": "proof"})
    page = _open(client, saved.content).content.decode()

    assert saved["Content-Disposition"].startswith('attachment; filename="m-20')
    assert read(saved.content).exchange.sent.body == upstream.requests[0].body
    assert archive.dump(read(saved.content).exchange) == archive.dump(run.exchange)
    assert _state(page) == ("unchanged", "yes")
    assert "Hello!" in page  # the form
    assert SERVER_KEY not in saved.content.decode() + page


@pytest.mark.parametrize("keep", [True, False])
def test_a_result_is_saved_without_storing_anything(client: Client, keep: bool) -> None:
    configure(PLAYGROUND_RUNS="0" if keep else "1")
    fields = {} if keep else {"unkept": "on"}

    page = post_form(client, **fields).content.decode()
    saved = download(client, page)

    assert not Run.objects.exists()
    assert "/proof/" in page
    assert _state(_open(client, saved).content.decode()) == ("unchanged", "yes")
    assert read(saved).exchange.choices[0].text == "Hello!"


def test_a_streams_result_can_be_saved_too(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))

    told = post_form(client, stream="on", htmx=True)
    page = b"".join(told.streaming_content).decode()  # type: ignore[attr-defined]

    proof = read(download(client, page))
    assert proof.exchange.choices[0].text == "Hello"
    assert proof.exchange.stream is not None


def test_a_file_draws_the_answer_and_loads_nothing(client: Client, upstream: ScriptedUpstream) -> None:
    text = "**Bold** ![i](https://evil.example/i.png)\n\n```python\nx = 1\n```\n\n| a |\n| - |\n| $x$ |\n"
    upstream.reply(completion(text))

    saved = client.post(f"/runs/{_keep(client).key}/proof/", {"do": "proof"}).content.decode()

    shown = saved.partition('<script type="application/json"')[0]
    assert {"<strong>Bold</strong>", "<table>", "<math"} <= {
        *re.findall("<strong>Bold</strong>|<table>|<math", shown)
    }
    assert "**Bold** ![i]" in shown  # the source
    assert not re.search("<(?:script|button|use|img|iframe|object|link rel=.stylesheet)", shown)


@pytest.mark.parametrize("copying", [True, False])
def test_only_a_page_with_scripts_has_buttons(copying: bool) -> None:
    for text in ("```\nx\n```", "    indented", '{"a": 1}'):
        assert ("<button" in str(rendered(text, copying=copying))) == copying


def test_a_file_says_what_the_call_cost_and_from_when_the_prices_are(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = client.get(f"/runs/{_keep(client).key}/proof/").content.decode()
    monkeypatch.setattr(made, "cost_of", lambda _: Cost(Decimal("0.00024"), date(2026, 11, 10)))
    known = client.get(f"/runs/{_keep(client).key}/proof/").content.decode()

    assert "≈ $" not in unknown
    assert "≈ $0.00024" in known
    assert "2026-11-10" in re.sub("<[^>]*>", "", known)


def test_an_embed_hands_out_nothing(client: Client) -> None:
    page = post_form(client, "/embed/send/").content.decode()

    assert "carried" not in page


@pytest.mark.parametrize("carried", ["", "x", "x:y", "eJwDAAAAAAE:abc"])
def test_what_no_page_carried_is_refused(client: Client, carried: str) -> None:
    assert client.post("/proof/", {"carried": carried, "do": "proof"}).status_code == 400


def test_a_result_that_is_too_large_for_its_page_says_so(client: Client, upstream: ScriptedUpstream) -> None:
    noise = "".join(f"{number * 2654435761 % 2**32:08x}" for number in range(400_000))
    upstream.reply(json_answer({"choices": [{"message": {"role": "assistant", "content": noise}}]}))

    page = post_form(client).content.decode()

    assert 'name="carried"' not in page
    assert 'class="kept"' in page


def test_a_preview_shows_what_will_be_handed_on(client: Client) -> None:
    run = _keep(client, request={"model": "m", "messages": [{"role": "user", "content": "What I asked"}]})

    before = client.get(f"/runs/{run.key}/proof/").content.decode()
    after = client.post(f"/runs/{run.key}/proof/", {"black": ["messages.0"]}).content.decode()

    article = re.compile(r'<article class="proof".*</article>', re.DOTALL)
    assert "What I asked" in article.findall(before)[0]
    assert "What I asked" not in article.findall(after)[0]
    assert MASK in article.findall(after)[0]
    assert not re.search(r' style="', after)


def test_blacked_out_parts_are_named_in_the_file(client: Client) -> None:
    run = _keep(client)

    saved = client.post(f"/runs/{run.key}/proof/", {"do": "proof", "black": ["messages.0", "answer", "x"]})
    proof = read(saved.content)
    opened = _open(client, saved.content).content.decode()

    assert proof.blacked_out == ("messages.0", "answer")
    assert b"Hello" not in saved.content
    assert "<code>messages.0</code>" in opened


def test_what_cannot_be_blacked_out_is_not_saved(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream(*({"content": letter} for letter in "You said: Hello, my secret!")))
    request = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello, my secret!"}]}
    run = _keep(client, request=request)

    for do in ("proof", "har", "jsonl", "preview"):
        refused = client.post(f"/runs/{run.key}/proof/", {"do": do, "black": ["messages.0"]})
        assert refused.status_code == 422
        assert "Content-Disposition" not in refused
    assert client.post(
        f"/runs/{run.key}/proof/", {"do": "proof", "black": ["messages.0", "answer"]}
    ).status_code == 200  # fmt: skip


def test_runs_of_others_are_not_saved_when_runs_are_off(client: Client) -> None:
    run = _keep(client)
    configure(PLAYGROUND_RUNS="0")

    assert client.get(f"/runs/{run.key}/proof/").status_code == 404
    assert client.post("/runs/export/").status_code == 404


# --- HAR and JSONL ---


@pytest.mark.parametrize("name", ["completion", "stream", "failure", "no-utf8", "messages", "responses"])
def test_a_har_file_has_all_that_the_format_requires(name: str) -> None:
    from playground.proof.har import har

    exchange = recorded(name)

    log = json.loads(json.dumps(har(exchange)))["log"]

    (entry,) = log["entries"]
    assert log["version"] == "1.2"
    assert log["creator"].keys() >= {"name", "version"}
    assert entry.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
    common = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
    assert entry["request"].keys() >= common | {"method", "url", "queryString", "postData"}
    assert entry["response"].keys() >= common | {"status", "statusText", "content", "redirectURL"}
    spans = [span for span in entry["timings"].values() if span >= 0]
    assert sum(spans) == pytest.approx(entry["time"])
    assert entry["request"]["postData"]["text"].encode() == exchange.sent.body
    if exchange.received is None:
        assert entry["response"]["status"] == 0
    else:
        content = entry["response"]["content"]
        assert content["size"] == len(exchange.received.body)
        assert ("encoding" in content) == (name == "no-utf8")


@pytest.mark.parametrize(("do", "ending"), [("har", "har"), ("jsonl", "jsonl")])
def test_a_run_is_saved_in_other_formats(client: Client, do: str, ending: str) -> None:
    run = _keep(client)

    saved = client.post(f"/runs/{run.key}/proof/", {"do": do})

    assert saved["Content-Disposition"].endswith(f'.{ending}"')
    value = json.loads(saved.content)
    if do == "jsonl":
        assert value == run.archive
        assert saved.content.count(b"\n") == 1


def test_the_runs_of_a_search_are_exported_as_lines(client: Client) -> None:
    for number in range(3):
        _keep(client, request={"model": f"m{number % 2}", "messages": [{"role": "user", "content": "hi"}]})

    saved = client.post("/runs/export/", {"model": "m0"})
    lines = b"".join(saved.streaming_content).splitlines()  # type: ignore[attr-defined]

    read_again = [archive.load(json.loads(line), DIALECTS) for line in lines]
    assert [exchange.demands.model for exchange in read_again] == ["m0", "m0"]
    assert read_again[0].started >= read_again[1].started


def test_a_damaged_run_is_left_out_of_an_export(client: Client) -> None:
    whole, damaged, last = (_keep(client) for _ in range(3))
    Run.objects.filter(pk=damaged.pk).update(record=b"?")

    response = client.post("/runs/export/")
    lines = b"".join(response.streaming_content).splitlines()  # type: ignore[attr-defined]

    assert [json.loads(line)["id"] for line in lines] == [last.key, whole.key]


def test_more_runs_than_a_page_are_exported(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _keep(client)
    copies = [Run(**_columns(run) | {"key": f"copy{number}", "pk": None}) for number in range(120)]
    Run.objects.bulk_create(copies)

    saved = client.post("/runs/export/")

    assert b"".join(saved.streaming_content).count(b"\n") == 121  # type: ignore[attr-defined]


def test_a_download_that_nobody_reads_ends_and_one_has_two_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        _keep(client)
    monkeypatch.setattr(settings, "LIMITS", replace(settings.LIMITS, silence_seconds=0.2))
    server, browser = socket.socketpair()
    with server, browser:
        browser.settimeout(10)
        saved = client.post("/runs/export/", **{"gunicorn.socket": server})  # type: ignore[arg-type]
        lines = iter(saved.streaming_content)  # type: ignore[attr-defined]
        next(lines)

        assert browser.recv(1) == b""  # it was disconnected
    other = client.post("/runs/export/")  # holds the second place, although it didn't begin
    refused = client.post("/runs/export/", headers={"Accept": "application/json"})
    assert refused.status_code == 429
    assert refused.json()["error"]["kind"] == "too_many_at_once"
    list(lines)
    assert client.post("/runs/export/").status_code == other.status_code == 200


def test_a_download_that_was_cancelled_has_ended(rf: RequestFactory) -> None:
    ended = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"x"
            yield b"y"
        finally:
            ended.append(True)

    download = Download(rf.get("/"), "somebody", pieces())
    sending = iter(download)
    next(sending)
    download.close()

    assert ended == [True]  # no alarm is left that would hang up on the next request
    assert list(sending) == []


def test_a_damaged_run_leaves_the_others_in_the_file(client: Client) -> None:
    runs = [_keep(client) for _ in range(3)]
    Run.objects.filter(pk=runs[1].pk).update(record=b"no zlib")

    saved = client.post("/runs/export/")

    lines = b"".join(saved.streaming_content).splitlines()  # type: ignore[attr-defined]
    assert [json.loads(line)["id"] for line in lines] == [runs[2].key, runs[0].key]


def _columns(run: Run) -> dict[str, Any]:
    return {field.name: getattr(run, field.name) for field in Run._meta.fields if field.name != "id"}


# --- opening ---


def test_an_opened_call_is_a_conversation(client: Client, upstream: ScriptedUpstream) -> None:
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]
    saved = signed_elsewhere(script(called(messages, "from elsewhere")))
    page = _open(client, saved).content.decode()

    form = posted(page)
    rows = [*zip(form.getlist("role"), form.getlist("content"), strict=True)]
    assert rows == [("system", "s"), ("user", "q"), ("assistant", "from elsewhere"), ("user", "")]
    row = page.partition('id="messages"')[2].partition("</ol>")[0].rpartition('<li class="turn"')[2]
    assert 'data-part="panel-answer"' in row
    assert 'name="until" value="2" data-again' in row
    again = form.copy()
    again.update({"until": "2", "provider": "test"})
    client.post("/send/", again.urlencode(), content_type="application/x-www-form-urlencoded")
    assert upstream.requests[0].json["messages"] == messages


@pytest.mark.parametrize("body", ["{}", '{"choices": []}', "no JSON"])
def test_what_is_no_answer_of_an_opened_call_stands_below_the_messages(client: Client, body: str) -> None:
    page = _open(client, signed_elsewhere(script(called(body=body)))).content.decode()

    assert posted(page).getlist("content") == ["Hello!", ""]
    below = page.partition('id="answer"')[2].partition('class="composer-dock"')[0]
    assert 'data-part="panel-answer"' in below


@pytest.mark.parametrize("exchange", [called(), called(body="{}")], ids=["answered", "failed"])
def test_an_opened_file_has_a_link_to_its_answer(client: Client, exchange: Exchange) -> None:
    page = _open(client, signed_elsewhere(script(exchange))).content.decode()

    shown = re.sub("<template.*?</template>", "", page, flags=re.DOTALL)
    [panel] = re.findall('id="([^"]*)" data-part="panel-answer"', shown)
    assert f'<a href="#{panel}">' in page


def test_a_file_of_another_playground_names_where_to_compare(client: Client) -> None:
    data = signed_elsewhere(script())

    page = _open(client, data).content.decode()

    assert _state(page) == ("unchanged", "no")
    assert "https://playground.example.org/.well-known/api-playground-key.json" in page
    assert keys.fingerprint(read(data).key) in page
    assert "shows the bytes" not in page


def test_a_file_that_shows_another_request_than_its_bytes_says_so(client: Client) -> None:
    value = archive.dump(called())
    value["sent"]["body"] = {"text": "{}"}

    page = _open(client, signed_elsewhere(script(archive.load(value, DIALECTS)))).content.decode()

    assert "shows the bytes" in page


def test_a_changed_file_says_so_first(client: Client) -> None:
    run = _keep(client)
    saved = client.post(f"/runs/{run.key}/proof/", {"do": "proof"}).content

    page = _open(client, saved.replace(b"Hello!", b"Hello?", 1)).content.decode()

    assert _state(page)[0] == State.CHANGED


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://user:pw@evil.example", "http://[", "", "<b>", "//x", "data:,"]
)
def test_an_address_that_is_none_is_no_link(client: Client, address: str) -> None:
    data = signed_elsewhere(file.script(called(), address, ()))

    page = _open(client, data).content.decode()

    assert _state(page) == ("unchanged", "no")
    assert "well-known" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    "data", [b"", b"<!doctype html>", b"\0" * 1000, signed_elsewhere(script())[:-30]], ids=repr
)
def test_what_is_no_proof_file_is_refused_in_a_sentence(client: Client, data: bytes) -> None:
    refused = _open(client, data)

    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()


def test_an_upload_that_is_too_large_is_not_read(client: Client) -> None:
    class NeverRead(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError

    refused = client.generic(
        "POST", "/proof/open/", CONTENT_TYPE="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(MOST_BYTES * 4), **{"wsgi.input": NeverRead()},
    )  # fmt: skip

    assert refused.status_code == 413
    assert "limit for proof files" in refused.content.decode()


def test_a_large_file_is_opened(client: Client) -> None:
    data = signed_elsewhere(script(called(answer="long " * 1_500_000)))

    assert _state(_open(client, data).content.decode()) == ("unchanged", "no")


def test_an_upload_that_breaks_off_is_refused(client: Client) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + signed_elsewhere(
        script()
    )

    refused = client.generic("POST", "/proof/open/", body, "multipart/form-data; boundary=x")

    assert refused.status_code == 408


def test_without_a_file_it_asks_for_one(client: Client) -> None:
    assert client.get("/proof/open/").status_code == 200
    assert client.post("/proof/open/", {"end": "1"}).status_code == 422


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
    | st.sampled_from(["</script><b>", "user", "text", "\u202e", "../..", "javascript:x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PLACES = [
    ("call", "body"), ("call", "body", "messages"), ("call", "body", "model"),
    ("call", "body", "temperature"),
    ("call", "body", "messages", 0), ("call", "body", "messages", 0, "content"), ("call", "base_url"),
    ("call", "url"), ("call", "key_variable"), ("sent", "url"), ("sent", "headers"), ("sent", "body"),
    ("received", "status"), ("received", "reason"), ("received", "headers"), ("received", "body"),
    ("received", "body", "text"), ("timings_ms", "total"), ("timings_ms", "first_byte"), ("started",),
    ("provider",), ("id",), ("failure",), ("events_ms",), ("dialect",),
]  # fmt: skip


@given(
    st.sampled_from(PLACES),
    HOSTILE,
    st.sampled_from(["chat_completions", "messages", "responses"]),
    st.booleans(),
)
@example(("timings_ms", "total"), 10**400, "chat_completions", False)
@example(("failure",), {"kind": "too_large", "host": "", "detail": "", "limit": 10**400}, "messages", False)
def test_whatever_a_file_holds_no_page_breaks(
    place: tuple[Any, ...], item: Any, api: str, streamed: bool
) -> None:
    whole = script(called(answer=["a", "b"] if streamed else "a", stream=streamed))
    start, end = whole.index(">") + 1, whole.rindex("</")
    value = json.loads(whole[start:end])
    value["exchange"]["dialect"] = api
    holder = value["exchange"]
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = item
    text = json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026")

    response = _open(Client(), signed_elsewhere(whole[:start] + text + whole[end:]))

    assert response.status_code in (200, 422)
    assert "<b>" not in response.content.decode()


# --- the key ---


def test_a_file_with_too_many_messages_is_refused(client: Client) -> None:
    """Each takes kilobytes of form in a page."""
    messages = [{"role": "user", "content": "x"}] * (settings.LIMITS.messages + 1)

    refused = _open(client, signed_elsewhere(script(called(messages))))
    opened = _open(client, signed_elsewhere(script(called(messages[1:]))))

    assert (refused.status_code, opened.status_code) == (422, 200)
    assert len(refused.content) < 100_000


def test_the_public_key_is_open_to_all(client: Client) -> None:
    told = client.get("/.well-known/api-playground-key.json")

    assert told.json()["public_key"] == keys.public_key().hex()
    assert told.json()["fingerprint"] == keys.fingerprint(keys.public_key())
    assert told["Access-Control-Allow-Origin"] == "*"
    assert "private" not in told.content.decode()
