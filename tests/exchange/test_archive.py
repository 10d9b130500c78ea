"""The archive: what was written is read back equal, by this version and, from golden files, by later ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.network.limits import Limits
from playground.text import jsontext
from playground.upstream import client
from playground.upstream.route import Route
from tests import chat
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.client import BODY
from tests.wire.case import Case
from tests.wire.test_wire import TABLE

# Never changed once written: they are what earlier versions left in databases and files.
GOLDEN = sorted((Path(__file__).parent / "archives").glob("*.json"))
# A sample with rows of every kind; the whole table would test nothing more.
ROWS = [case for case in TABLE if not case.holds][::12]


def _through_json(exchange: Exchange) -> Exchange:
    return archive.load(jsontext.loads(jsontext.dumps(archive.dump(exchange))), DIALECTS)


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.name)
def test_an_archive_is_read_back_equal(upstream: ScriptedUpstream, case: Case) -> None:
    upstream.reply(case.reply)
    body = chat.check(dict(BODY) | case.request, max_messages=100, max_bytes=1_000_000)
    route = Route("test", chat.endpoint(upstream.url), "sk-canary-8d1f", "TEST_API_KEY")

    exchange = client.send(body, route, Limits())
    again = _through_json(exchange)

    assert again == exchange
    assert (again.completion, again.usage) == (exchange.completion, exchange.usage)
    assert explain(again) == explain(exchange)


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_archives_of_earlier_versions_are_read(file: Path) -> None:
    value = json.loads(file.read_text(encoding="utf-8"))

    exchange = archive.load(value["archive"], DIALECTS)

    error = explain(exchange)
    assert exchange.completion == value["completion"]
    assert (error.kind if error else None) == value["error"]
    assert archive.dump(exchange) | value["archive"] == archive.dump(exchange)


def test_there_are_golden_files() -> None:
    names = {"completion", "stream", "failure", "no-utf8", "messages", "responses"}
    assert {file.stem for file in GOLDEN} >= names


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "else"}, {"version": 2}, {"version": "1"}, {"dialect": "nobody's"}, {"started": "now"},
        {"sent": None}, {"received": {"status": 200}}, {"timings_ms": {}}, {"failure": {"kind": "new"}},
        {"events_ms": "soon"},
    ],
    ids=str,
)  # fmt: skip
def test_an_invalid_archive_is_rejected(changes: dict[str, Any]) -> None:
    value = json.loads(GOLDEN[0].read_text(encoding="utf-8"))["archive"]

    with pytest.raises(archive.ArchiveError):
        archive.load(value | changes, DIALECTS)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("", "id", 5),
        ("", "provider", []),
        ("", "dialect", "of a later version"),
        ("", "dialect", ["chat_completions"]),
        ("", "received", None),
        ("call", "body", [1]),
        ("call", "url", None),
        ("sent", "url", 5),
        ("sent", "headers", [["Name", 5]]),
        ("received", "status", "200"),
        ("received", "status", True),
        ("received", "reason", None),
        ("timings_ms", "total", None),
        ("timings_ms", "first_token", "1"),
        ("timings_ms", "last_token", []),
        ("timings_ms", "first_byte", False),
        ("timings_ms", "first_byte", float("inf")),
        ("", "events_ms", [float("nan")]),
        ("call", "body", {"temperature": float("nan")}),
        ("received", "reason", "\ud800"),
        ("", "started", "0001-01-01T00:00:00+23:00"),
        ("", "started", "9999-12-31T23:59:59.999+00:00"),
        ("timings_ms", "total", 1e16),
        ("sent", "url", "http://["),
    ],
)
def test_a_value_that_cannot_be_shown_is_rejected_when_it_is_read_and_not_when_it_is_shown(
    part: str, name: str, value: Any
) -> None:
    file = Path(__file__).parent / "archives" / "stream.json"
    kept = json.loads(file.read_text(encoding="utf-8"))["archive"]
    (kept[part] if part else kept)[name] = value

    with pytest.raises(archive.ArchiveError):
        archive.load(kept, DIALECTS)
