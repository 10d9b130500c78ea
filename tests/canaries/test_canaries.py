"""The search for secrets finds them: otherwise, that it finds none would mean nothing."""

import base64
import inspect
import json
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from django.test import Client

import playground
from tests.canaries import plugin
from tests.canaries.search import leaks
from tests.canaries.taps import holders
from tests.site import migrate, serving
from tests.upstreams.scripted import ScriptedUpstream

KEY = "sk-of/a+mine\"'&#-1f2e"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        json.dumps({"key": KEY}),
        quote(KEY, safe=""),
        KEY.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&#x27;"),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        *(base64.b64encode(b"x" * before + KEY.encode() + b"y").decode() for before in range(3)),
        *(base64.urlsafe_b64encode(b"x" * before + KEY.encode() + b"y").decode() for before in range(3)),
        zlib.compress(b"a record with " + KEY.encode()),
    ],
)
def test_a_secret_is_found_in_each_spelling(text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else f"before {text} after".encode()

    assert leaks({KEY: "a key"}, [("elsewhere", b"x"), ("there", data)]) == [f"a key, {KEY!r}, is in: there"]


def test_a_place_that_may_show_a_kind_may_not_show_another() -> None:
    place = ("response POST /teams/1/tokens/", f"<p>{KEY}</p>".encode())

    assert leaks({KEY: "an API token"}, [place]) == []
    assert leaks({KEY: "a key"}, [place]) != []
    assert leaks({KEY: "an API token"}, [("response GET /teams/1/tokens/", place[1])]) != []


@pytest.mark.django_db
@pytest.mark.urls("tests.canaries.leaking_urls")
@pytest.mark.parametrize(
    ("where", "named"),
    [
        ("page", "response GET /leak/page/"),
        ("header", "response GET /leak/header/ (headers)"),
        ("cookie", "response GET /leak/cookie/ (headers)"),
        ("stream", "response GET /leak/stream/"),
        ("log", "the log, of playground"),
        ("cache", "the cache"),
        ("mail", "mail"),
        ("database", 'the database: INSERT INTO "django_session"'),
    ],
)
def test_what_comes_out_of_a_view_is_found(client: Client, where: str, named: str) -> None:
    response = client.get(f"/leak/{where}/", headers={"X-Key": KEY})
    assert response.status_code == 200
    if response.streaming:
        response.getvalue()  # type: ignore[attr-defined]

    (found,) = {leak.partition(" (session_key")[0] for leak in plugin.MEMORY.leaks()}
    assert found.startswith(f"a key, {KEY!r}, is in: {named}")


def test_a_test_fails_in_which_a_secret_comes_out(request: pytest.FixtureRequest) -> None:
    plugin.MEMORY.learn("a key", KEY)
    plugin.MEMORY.see("there", KEY.encode())
    hook = plugin.pytest_runtest_call(request.node)
    next(hook)

    with pytest.raises(pytest.fail.Exception, match="is in: there"):
        hook.send(None)


@pytest.mark.parametrize("where", ["page", "stream", "log", "database"])
def test_a_server_that_lets_a_secret_out_fails_its_test(tmp_path: Path, where: str) -> None:
    settings = {
        "PLAYGROUND_RUNS": "1",
        "PLAYGROUND_DATABASE": str(tmp_path / "db.sqlite3"),
        "TEST_URLS": "tests.canaries.leaking_urls",
    }
    with ScriptedUpstream() as upstream:
        migrate(tmp_path, upstream.host_port, **settings)
        with (
            pytest.raises(AssertionError, match="A secret came out of the server"),
            serving(tmp_path, upstream.host_port, **settings) as site,
        ):
            assert requests.get(f"{site.address}leak/{where}/", headers={"X-Key": KEY}, timeout=20).ok


def test_each_class_that_hides_a_field_is_watched() -> None:
    files = {
        str(file)
        for file in Path(playground.__path__[0]).rglob("*.py")
        if any("repr=False" in line and "init=False" not in line for line in file.read_text().splitlines())
    }

    assert files == {inspect.getfile(kind) for kind in holders()}
