"""What providers send: each row of the table goes through a real socket, in several chunkings and views.

Add a row to the file of its kind in `tests/wire/cases/`; new files there are found automatically.
"""

import html
import importlib
import pkgutil
import random
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from playground.dialects import DEFAULT, DIALECTS
from playground.forms.form import RequestForm
from playground.forms.rows import ROW_FIELDS
from tests.upstreams.plugin import SERVER_KEY, catalogue_of
from tests.upstreams.scripted import Recorded, ScriptedUpstream
from tests.web.client import post_form, post_json
from tests.wire import cases
from tests.wire.case import Case

Cut = Callable[[bytes], Iterator[bytes]]
# Longer replies are cut at random only: they test the length, not each byte.
_BYTE_BY_BYTE = 20_000
_TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
_PANEL = re.compile(r'data-part="panel-answer".*?</section>', re.DOTALL)


def _table() -> list[Case]:
    names = sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    return [case for name in names for case in importlib.import_module(f"{cases.__name__}.{name}").CASES]


TABLE = _table()
by_case = pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    """One server for all rows: only a row's reply stays behind."""
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture(scope="module")
def provider(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = settings.CONFIG
    with pytest.MonkeyPatch.context() as patch:
        catalogue_of(upstream, patch, tmp_path_factory.mktemp("wire"), DIALECTS)
        yield
    settings.CONFIG = before


@pytest.fixture(scope="module")
def client() -> Client:
    """One client for all rows, because each client loads the middleware again."""
    return Client()


def _whole(data: bytes) -> Iterator[bytes]:
    yield data


def _each_byte(data: bytes) -> Iterator[bytes]:
    if len(data) > _BYTE_BY_BYTE:
        yield from _at_random(data)
        return
    for position in range(len(data)):
        yield data[position : position + 1]


def _at_random(data: bytes) -> Iterator[bytes]:
    source, start = random.Random(len(data)), 0
    while start < len(data):
        end = start + source.randint(1, 1 + len(data) // 8)
        yield data[start:end]
        start = end


def _script(case: Case, cut: Cut) -> Callable[[socket.socket, Recorded], None]:
    def reply(connection: socket.socket, recorded: Recorded) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in cut(case.reply):
            connection.sendall(piece)
        if case.holds:
            connection.settimeout(30)
            connection.recv(1)  # until the playground disconnects

    return reply


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def _answer_panel(text: str) -> str:
    """Return the last answer panel of a page or a relayed stream, as people read it."""
    text = "\n".join(line.removeprefix("data: ") for line in text.split("\n"))
    panel = _PANEL.findall(_TEMPLATE.sub("", text))[-1]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", panel)).split())


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(case.name for case in TABLE).items() if count > 1] == []


@by_case
@pytest.mark.parametrize(
    "cuts", [(_at_random,), pytest.param((_whole, _each_byte), marks=pytest.mark.thorough)], ids=["", "else"]
)
def test_the_json_says_what_came(
    client: Client, provider: None, upstream: ScriptedUpstream, case: Case, cuts: tuple[Cut, ...]
) -> None:
    for cut in cuts:
        upstream.reply(_script(case, cut))

        response = post_json(client, request=case.body, dialect=case.dialect)

        assert response.status_code == 200, (cut, response.content)
        said = response.json()
        assert {path: _at(said, path) for path in case.says} == case.says, cut
        text = response.content.decode()
        assert [hidden for hidden in case.hides if hidden in text] == [], cut


@by_case
@pytest.mark.parametrize(
    "scripts", [True, pytest.param(False, marks=pytest.mark.thorough)], ids=["with scripts", "without"]
)
def test_the_page_says_what_came(
    client: Client, provider: None, upstream: ScriptedUpstream, case: Case, scripts: bool
) -> None:
    upstream.reply(_script(case, _at_random))

    response = post_form(client, htmx=scripts, **_as_form(case))

    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    text = content.decode()
    panel = _answer_panel(text)
    assert [shown for shown in case.shows if shown not in panel] == [], panel
    # The raw JSON of a whole answer may have more than its panel.
    everywhere = text if response.streaming else panel
    assert [hidden for hidden in case.hides if hidden in everywhere] == []
    assert SERVER_KEY not in text


def _as_form(case: Case) -> dict[str, Any]:
    """Return the form fields for the case's request."""
    dialect = DIALECTS[case.dialect]
    usage = {"stream_options": {"include_usage": True}} if dialect is DEFAULT else {}
    form = RequestForm.from_body("test", "", usage | case.body, dialect)
    columns = {name: [getattr(row, name) for row in form.messages] for name in ROW_FIELDS}
    ticks = dict.fromkeys(form.ticks, "on") | {"dialect": case.dialect}
    return columns | form.parameters | {"model": form.model, "more": form.more} | ticks
