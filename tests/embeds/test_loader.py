"""`/embed.js` as other sites' pages load it."""

import gzip
from typing import Any

from django.test import Client

from playground.embeds.loader import SCRIPT


def test_it_is_the_script(client: Client) -> None:
    answer = client.get("/embed.js")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.content == SCRIPT.read_bytes()


def test_pages_of_any_origin_may_load_and_keep_it(client: Client) -> None:
    answer = client.get("/embed.js")

    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_it_comes_compressed_and_small(client: Client) -> None:
    answer = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})

    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == SCRIPT.read_bytes()
    assert len(answer.content) < 5000


def test_it_does_not_come_again_while_it_is_the_same(client: Client) -> None:
    for encoding in ("gzip", "identity"):
        headers = {"Accept-Encoding": encoding}
        first = client.get("/embed.js", headers=headers)

        again = client.get("/embed.js", headers=headers | {"If-None-Match": first["ETag"]})

        assert again.status_code == 304
        assert again["Access-Control-Allow-Origin"] == "*"
        assert again["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_changed_one_comes(client: Client, monkeypatch: Any, tmp_path: Any) -> None:
    first = client.get("/embed.js")
    changed = tmp_path / "embed.js"
    changed.write_text("changed")
    monkeypatch.setattr("playground.embeds.loader.SCRIPT", changed)

    again = client.get("/embed.js", headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 200
    assert again.content == b"changed"


def test_it_is_only_read(client: Client) -> None:
    assert client.post("/embed.js").status_code == 405
