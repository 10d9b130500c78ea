"""What a database of runs must not have: keys in any form, and calls of an embed's readers."""

from base64 import b64encode
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from playground.runs import keep, tidy
from playground.runs.models import Run
from tests.configuration import configure
from tests.embeds.client import make_embed, send_form, send_json
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer, stream
from tests.web.client import post_form, post_json
from tests.web.test_canary import _echoes, _forms

TYPED = "sk-typed/canary+9Qz=&x"


@pytest.fixture(autouse=True)
def _runs_are_on(provider: str) -> None:
    configure(PLAYGROUND_RUNS="1")


def _dump() -> str:
    """Return everything in the database of runs as one text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM runs_run")
        rows = [str(column) for row in cursor.fetchall() for column in row]
    return "\n".join([*rows, *(str(run.archive) for run in Run.objects.all())])


@pytest.mark.django_db
@pytest.mark.shows_keys
def test_no_key_is_in_the_database_after_any_call(client: Client, upstream: ScriptedUpstream) -> None:
    calls = 0
    for key, more in ((SERVER_KEY, {}), (TYPED, {"api_key": TYPED})):
        replies = [reply for reply in _echoes(key) if not callable(reply)]  # those take a minute
        for reply in [*replies, stream({"content": key[:9]}, {"content": key[9:]})]:
            upstream.reply(reply)
            request = {"model": "m", "messages": [{"role": "user", "content": f"mine is {key}"}]}
            post_json(client, request=request, **more)
            post_form(client, content=f"mine is {key}", **more)
            calls += 2

    assert Run.objects.count() == calls
    text = _dump()
    for key in (SERVER_KEY, TYPED):
        for form in _forms(key):
            assert form not in text


@pytest.mark.django_db
@pytest.mark.shows_keys
@pytest.mark.parametrize(
    "headers",
    [f"X-Note: {TYPED}", f"X-Note: mine is {TYPED}!", f"X-Note: {b64encode(TYPED.encode()).decode()}"],
)
def test_a_key_in_another_header_or_in_the_base_url_is_no_less_a_key(
    client: Client, upstream: ScriptedUpstream, headers: str
) -> None:
    key = "sk-typed-canary-9Qz7x"
    base_url = f"http://{upstream.host_port}/{key}"

    post_form(client, headers=headers, api_key=TYPED)
    post_form(client, provider="", base_url=base_url, api_key=key)

    assert Run.objects.count() == len(upstream.requests) == 2
    saved = [
        client.post(f"/runs/{run.key}/proof/", {"do": do}).content.decode()
        for run in Run.objects.all()
        for do in ("proof", "har", "jsonl")
    ]
    for form in {*_forms(TYPED), *_forms(key)}:
        assert form not in "".join([_dump(), *saved])


@pytest.mark.django_db
def test_a_visitor_is_a_pseudonym(client: Client) -> None:
    post_json(client)

    who = Run.objects.get().who
    assert len(who) == 12
    assert "127.0.0.1" not in _dump()[: _dump().index(who) + 20]


@pytest.mark.django_db
def test_a_call_of_an_embeds_reader_is_no_run(client: Client) -> None:
    make_embed()

    assert send_form(client, htmx=True).status_code == 200
    assert send_json(client).status_code == 200
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_lists_of_models_and_counts_are_no_runs(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"data": [{"id": "m"}]}))
    post_json(client, "/models/")
    upstream.reply(completion())

    assert not Run.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases' files are their own affair")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("everything", [False, True])
def test_nothing_of_a_deleted_run_stays_in_the_files(client: Client, everything: bool) -> None:
    tidy.forget()
    for word in ("first", "zyxcanary", "last"):
        content = [{"role": "user", "content": word}]
        key = post_json(client, request={"model": "m", "messages": content}).json()["id"]
        if word == "zyxcanary":
            deleted = key

    before = _files()
    keep.forget(None if everything else [deleted])

    assert b"zyxcanary" in before
    assert deleted.encode() in before
    assert b"zyxcanary" not in _files()
    assert deleted.encode() not in _files()
    assert Run.objects.count() == (0 if everything else 2)


def _files() -> bytes:
    """Return the bytes of the database, with what waits in its log."""
    name = str(connection.settings_dict["NAME"])
    return b"".join(file.read_bytes() for file in Path(name).parent.glob(f"{Path(name).name}*"))
