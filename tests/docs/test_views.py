"""Requests to the docs: pages, files, searches, and missing ones."""

import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from playground.docs.links import LONGEST_LINK, embed_url, playground_url
from playground.embeds.models import Embed
from playground.rendering import budget
from playground.text.sentence import SentenceError
from tests.docs.folder import write
from tests.embeds.client import make_embed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DOCS = tmp_path / "docs"
    write(
        settings.DOCS,
        **{
            "index.md": "# Welcome\n\n<ApiPlayground provider='openai' />\n",
            "guide/one.md": "# One\n\n## First part\n\n## Second part\n",
            "guide/two.md": "---\ntitle: Second <page>\naliases: start/two\n---\nno heading\n",
            "zh/guide/one.md": "# 一\n",
            "images/a.png": "png",
            "drawing.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "notes.txt": "plain",
            "page.html": "<script>alert(1)</script>",
            "script.js": "alert(1)",
        },
    )
    return settings.DOCS


def _get(client: Client, path: str, status: int = 200, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    return answer.content.decode()


def _policy(client: Client, path: str) -> dict[str, str]:
    answer = client.get(path)
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_a_page_is_in_the_navigation_between_its_neighbours(client: Client, folder: Path) -> None:
    html = _get(client, "/docs/guide/one")

    assert '<h1 id="one">' in html
    assert '<a href="/docs/guide/one" aria-current="page">One</a>' in html
    assert 'rel="prev" href="/docs/"' in html
    assert 'rel="next" href="/docs/guide/two"' in html
    assert html.count('href="#first-part"') == 3  # at the heading, and in the contents for each width


def test_a_page_without_a_heading_is_headed_by_its_title(client: Client, folder: Path) -> None:
    html = _get(client, "/docs/guide/two")

    assert "<h1>Second &lt;page&gt;</h1>" in html
    assert "<title>Second &lt;page&gt; ·" in html


def test_every_page_leads_to_the_docs_and_the_docs_to_the_playground(client: Client, folder: Path) -> None:
    assert '<a href="/docs/">Docs</a>' in _get(client, "/")
    assert 'href="/">Playground</a>' in _get(client, "/docs/guide/one")


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/docs/guide/one.md", "/docs/guide/one"),
        ("/docs/guide/one/", "/docs/guide/one"),
        ("/docs/index.html?a=b", "/docs/?a=b"),
        ("/docs/start/two", "/docs/guide/two"),
        ("/docs/guide", "/docs/guide/one"),
        ("/docs/guide/", "/docs/guide/one"),
        ("/docs/zh/", "/docs/zh/guide/one"),
    ],
)
def test_each_page_has_one_address(client: Client, folder: Path, path: str, address: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, address)


def test_the_twin_in_the_other_language_is_offered(client: Client, folder: Path) -> None:
    english, chinese = _get(client, "/docs/guide/one"), _get(client, "/docs/zh/guide/one")

    assert 'name="next" value="/docs/zh/guide/one"' in english
    assert 'name="next" value="/docs/guide/one"' in chinese
    assert '<article class="docs-page" lang="zh-Hans">' in chinese


def test_twins_tell_search_engines_of_each_other(client: Client, folder: Path) -> None:
    for path in ("/docs/guide/one", "/docs/zh/guide/one"):
        html = _get(client, path)

        assert '<link rel="alternate" hreflang="en" href="http://testserver/docs/guide/one">' in html
        assert '<link rel="alternate" hreflang="zh-Hans" href="http://testserver/docs/zh/guide/one">' in html
    assert "hreflang" not in _get(client, "/docs/guide/two")


@pytest.mark.parametrize(
    ("path", "browser", "language"),
    [
        ("/docs/zh/guide/one", "en", "zh-hans"),
        ("/docs/guide/one", "zh-CN", "en"),  # its twin is one click away
        ("/docs/guide/two", "zh-CN", "zh-hans"),  # no twin: the reader's own language
        ("/docs/guide/two", "en", "en"),
        ("/docs/zh/?q=x", "en", "zh-hans"),
        ("/docs/zh/nowhere", "en", "zh-hans"),
        ("/docs/zh/guide/one?lang=en", "zh-CN", "en"),
    ],
)
def test_the_interface_has_the_language_of_the_page(
    client: Client, folder: Path, path: str, browser: str, language: str
) -> None:
    answer = client.get(path, headers={"Accept-Language": browser})

    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in answer.content.decode()


def test_a_page_without_a_twin_can_be_read_in_the_other_language(
    client: Client, tmp_path: Path, settings: Any
) -> None:
    settings.DOCS = tmp_path
    write(tmp_path, **{"zh/only.md": "# 只有"})

    assert 'name="next" value="/docs/zh/only?lang=en"' in _get(client, "/docs/zh/only")


def test_the_first_page_leads_to_the_readers_language(client: Client, tmp_path: Path, settings: Any) -> None:
    settings.DOCS = tmp_path
    write(tmp_path, **{"index.md": "# Home", "zh/index.md": "# 首页"})

    def location(**headers: str) -> str | None:
        return client.get("/docs/", headers=headers).headers.get("Location")

    assert location(Accept_Language="zh-CN,en;q=0.8") == "/docs/zh/"
    assert location(Accept_Language="en") is None
    client.cookies["language"] = "en"
    assert location(Accept_Language="zh-CN") is None


def test_a_playground_has_the_language_of_its_page(client: Client, tmp_path: Path, settings: Any) -> None:
    settings.DOCS = tmp_path
    tag = '# T\n\n<ApiPlayground provider="openai" />\n'
    write(tmp_path, **{"a.md": tag, "zh/a.md": tag})

    assert "/embed/?provider=openai&amp;lang=zh-Hans" in _get(client, "/docs/zh/a")
    assert "lang=" not in _get(client, "/docs/a").split("<iframe")[1].split(">")[0]


def test_a_page_may_frame_this_site_and_nothing_else(client: Client, folder: Path) -> None:
    policy = _policy(client, "/docs/")

    assert policy["frame-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert "frame-src" not in _policy(client, "/")


@pytest.mark.parametrize("path", ["/docs/", "/docs/guide/one", "/docs/?q=part", "/docs/nowhere"])
def test_no_inline_script_or_style_is_in_a_page(client: Client, folder: Path, path: str) -> None:
    html = client.get(path).content.decode()

    assert html.count("<script") == html.count("<script src=")
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)


def test_a_changed_file_is_shown_at_once(client: Client, folder: Path) -> None:
    assert "Third part" not in _get(client, "/docs/guide/one")

    write(folder, **{"guide/one.md": "# One\n\n## Third part\n"})

    assert "Third part" in _get(client, "/docs/guide/one")


def test_a_setting_allows_html_in_the_docs(client: Client, folder: Path, settings: Any) -> None:
    write(folder, **{"raw.md": "with <mark>HTML</mark>"})
    assert "with &lt;mark&gt;" in _get(client, "/docs/raw")

    settings.DOCS_HTML = True
    os.utime(folder / "raw.md", ns=(1, 1))

    assert "with <mark>HTML</mark>" in _get(client, "/docs/raw")


# --- files ---


@pytest.mark.parametrize(
    ("path", "type_", "shown"),
    [
        ("images/a.png", "image/png", True),
        ("drawing.svg", "image/svg+xml", True),
        ("notes.txt", "text/plain; charset=utf-8", True),
        ("page.html", "application/octet-stream", False),
        ("script.js", "application/octet-stream", False),
    ],
)
def test_files_are_served_and_can_do_nothing(
    client: Client, folder: Path, path: str, type_: str, shown: bool
) -> None:
    answer = client.get(f"/docs/{path}")

    assert answer.getvalue() == (folder / path).read_bytes()
    assert answer.headers["Content-Type"] == type_
    assert answer.headers["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")


def test_a_file_that_has_not_changed_is_not_sent_again(client: Client, folder: Path) -> None:
    first = client.get("/docs/images/a.png")
    first.close()

    again = client.get("/docs/images/a.png", headers={"If-Modified-Since": first.headers["Last-Modified"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["../manage.py", "%2e%2e/manage.py", "..%2fmanage.py", "....//manage.py", ".env", "%2fetc/passwd",
     "a%00.png", "guide/..", "images/../../secret.png", "images"],
)  # fmt: skip
def test_nothing_else_is_served(client: Client, folder: Path, path: str) -> None:
    (folder.parent / "secret.png").write_text("secret")
    (folder / ".env").write_text("secret")

    assert client.get(f"/docs/{path}").status_code in (302, 404)
    assert "secret" not in client.get(f"/docs/{path}", follow=True).content.decode().replace(path, "")


# --- searching ---


def test_a_search_is_a_page_of_its_own(client: Client, folder: Path) -> None:
    html = _get(client, "/docs/?q=first")

    assert 'value="first"' in html
    assert '<a href="/docs/guide/one#first-part"><mark>First</mark> part</a>' in html


def test_a_search_for_markup_shows_it(client: Client, folder: Path) -> None:
    html = _get(client, "/docs/?q=%22%3E%3Cscript%3E")

    assert "<script>" not in html
    assert "No results." in html


def test_suggestions_are_a_fragment(client: Client, folder: Path) -> None:
    html = _get(client, "/docs/?q=part", **{"HX-Request": "true"})

    assert "<html" not in html
    assert '<a href="/docs/guide/one#second-part">' in html
    assert _get(client, "/docs/?q=", **{"HX-Request": "true"}).strip() == ""


# --- what is not there ---


def test_a_missing_page_keeps_the_docs_navigation(client: Client, folder: Path) -> None:
    html = _get(client, "/docs/guide/three", 404)

    assert "Page not found" in html
    assert 'name="q"' in html
    assert 'href="/docs/guide/one"' in html


def test_a_missing_page_has_the_navigation_of_the_readers_language(client: Client, folder: Path) -> None:
    html = _get(client, "/docs/guide/three", 404, **{"Accept-Language": "zh-CN"})

    assert 'href="/docs/zh/' in html
    assert 'href="/docs/guide/one"' not in html


@pytest.mark.parametrize("make", [True, False])
def test_a_missing_or_empty_folder_is_reported(
    client: Client, tmp_path: Path, settings: Any, make: bool
) -> None:
    settings.DOCS = tmp_path / "none"
    if make:
        settings.DOCS.mkdir()

    html = _get(client, "/docs/", 404)

    assert "No docs yet" in html
    assert "PLAYGROUND_DOCS" in html
    assert str(tmp_path) not in html
    assert _get(client, "/docs/?q=x")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_read_only(client: Client, folder: Path, method: str) -> None:
    assert getattr(client, method)("/docs/").status_code == 405


# --- files that are broken ---

BROKEN = {
    "escape.md": b'---\ntitle: "\\UFFFFFFFF"\n---\n',
    "half.md": b'---\ntitle: "\\ud800"\n---\n',
    "half-key.md": b'---\n"\\udfff": 1\n---\n',
    "digits.md": b"---\ntitle: 0x" + b"f" * 5000 + b"\n---\n",
    "order.md": b"---\norder: " + b"9" * 5000 + b"\n---\n",
    "nan.md": b"---\norder: .nan\n---\n",
    "bomb.md": b"---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\n",
    "merge.md": b"---\na: &a {b: c}\n<<: *a\n---\n",
    "nested.md": b"---\ntitle: " + b"[" * 5000 + b"\n---\n",
    "lists.md": b"---\n" + b"- " * 5000 + b"a\n---\n",
    "set.md": b"---\ntitle: !!set {a, b}\n---\n",
    "omap.md": b"---\ntitle: !!omap [a: 1]\n---\n",
    "object.md": b"---\ntitle: !!python/object/apply:os.system [id]\n---\n",
    "version.md": b"---\n%YAML 1." + b"1" * 5000 + b"\n--- x\n---\n",
    "nul.md": b"---\ntitle: a\0b\n---\n",
    "utf-16.md": "# Title".encode("utf-16"),
    "latin.md": b"# Caf\xe9",
    "huge.md": b"x" * 1_100_000,
    "tables.md": (b"|" + b"a|" * 250 + b"\n|" + b"-|" * 250 + b"\n" + b"|\n" * 250 + b"\n") * 2,
    "references.md": b"[a]: http://" + b"x" * 90_000 + b"\n\n" + b"[a]\n" * 1000,
}


@pytest.fixture
def broken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(
        budget, "MOST_TOKENS", 20_000
    )  # reaching the real limit takes seconds: see test_growth
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
    (folder / "folder.md").mkdir()
    (folder / "circle.md").symlink_to(folder / "circle.md")
    os.mkfifo(folder / "pipe.md")
    return folder


def test_a_broken_file_harms_no_other(client: Client, broken: Path) -> None:
    html = _get(client, "/docs/guide/one")

    assert "data-problem" not in html
    assert all(f'href="/docs/{name.removesuffix(".md")}"' in html for name in BROKEN)
    assert 'href="/docs/guide/one#first-part"' in _get(client, "/docs/?q=first+part")
    assert _get(client, "/docs/zh/guide/one")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_says_what_is_wrong_with_it(client: Client, broken: Path, name: str) -> None:
    html = _get(client, f"/docs/{name.removesuffix('.md')}")

    assert html.count("data-problem") == 1
    assert f"{name}, line" in html


def test_front_matter_that_looks_like_a_date_is_a_text(client: Client, folder: Path) -> None:
    (folder / "date.md").write_text("---\ntitle: 2026-99-99\n---\n")

    assert "<h1>2026-99-99</h1>" in _get(client, "/docs/date")


# --- embeds ---


@pytest.mark.django_db
def test_an_embed_is_framed_by_its_name(client: Client, folder: Path, provider: str) -> None:
    make_embed(locked="model")
    tag = """<ApiPlayground embed="hello" :defaultRequest="{ messages: [] }" />"""
    fence = "```api-playground\nembed: hello\nrequest: {messages: []}\n```"
    (folder / "embed.md").write_text(f"{tag}\n\n{fence}\n")

    html = _get(client, "/docs/embed")

    assert html.count('<api-playground label="Playground') == html.count(' embed="hello"') == 2
    address = unescape(re.findall(r'<iframe[^>]* src="([^"]*)"', html)[0])
    frame = client.get(address)
    assert "frame-ancestors 'self' https://docs.example.org" in frame.headers["Content-Security-Policy"]
    assert 'name="embed" value="hello"' in frame.content.decode()


@pytest.mark.django_db
def test_a_missing_embed_is_reported_until_it_exists(client: Client, folder: Path, provider: str) -> None:
    (folder / "embed.md").write_text("Text\n\n<ApiPlayground embed='hello' />\n")

    assert "embed.md, line 3" in _get(client, "/docs/embed")
    embed = make_embed()
    assert "data-problem" not in _get(client, "/docs/embed")
    embed.delete()
    assert "embed.md, line 3" in _get(client, "/docs/embed")


@pytest.mark.django_db
def test_a_page_is_shown_without_a_database(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frame says what is wrong."""
    (folder / "embed.md").write_text("<ApiPlayground embed='hello' />\n")

    def fails(*args: object, **values: object) -> None:
        raise OperationalError("no such table: embeds_embed")

    monkeypatch.setattr(Embed.objects, "filter", fails)

    assert ' embed="hello"' in _get(client, "/docs/embed")


# --- the API of a tag ---


@pytest.mark.parametrize(
    "text",
    [
        """<ApiPlayground provider="claude" api="messages" :defaultRequest="{
            max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] }" />""",
        """```api-playground
provider: claude
api: messages
request: {max_tokens: 5, messages: [{role: user, content: Hi}]}
```""",
    ],
    ids=["tag", "fence"],
)
def test_the_api_of_a_tag_is_that_of_its_frame_and_link(client: Client, folder: Path, text: str) -> None:
    (folder / "api.md").write_text(f"{text}\n")

    html = _get(client, "/docs/api")

    assert html.count(' api="messages"') == 1
    assert html.count("?provider=claude&amp;dialect=messages&amp;request=") == 2  # the frame's and the link's
    (src,) = re.findall('<iframe[^>]* src="([^"]+)"', html)
    frame = client.get(unescape(src)).content.decode()
    assert 'name="dialect" value="messages"' in frame
    assert "messages.create(" in unescape(re.sub("<[^>]+>", "", frame))


def test_a_tag_without_api_means_chat_completions(client: Client, folder: Path) -> None:
    (folder / "api.md").write_text(
        """<ApiPlayground provider="claude" :defaultRequest="{ messages: [] }" />\n"""
    )

    (src,) = re.findall('<iframe[^>]* src="([^"]+)"', _get(client, "/docs/api"))

    assert 'name="dialect" value="chat_completions"' in client.get(unescape(src)).content.decode()


@pytest.mark.parametrize("tag", ['api="nobodys"', 'provider="openai" api="messages"', 'api=""', ':api="5"'])
def test_an_api_that_cannot_be_meant_is_reported_with_its_line(
    client: Client, folder: Path, tag: str
) -> None:
    (folder / "api.md").write_text(f"Text\n\n<ApiPlayground {tag} />\n")

    html = _get(client, "/docs/api")

    assert "api.md, line 3" in html
    assert "<iframe" not in html


@pytest.mark.django_db
def test_the_link_beside_an_embed_means_the_embeds_api(client: Client, folder: Path) -> None:
    request = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello!"}]}
    embed = make_embed(request, provider="claude", api="messages", key="reader")
    (folder / "api.md").write_text("""<ApiPlayground embed="hello" :defaultRequest="{ max_tokens: 6 }" />""")

    assert '"/?provider=claude&amp;dialect=messages&amp;request=' in _get(client, "/docs/api")
    Embed.objects.filter(pk=embed.pk).update(api="chat_completions")
    assert '"/?provider=claude&amp;dialect=chat_completions&amp;request=' in _get(client, "/docs/api")


@pytest.mark.django_db
def test_the_link_beside_an_embed_has_no_request_in_another_api(client: Client, folder: Path) -> None:
    request = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello!"}]}
    make_embed(request, provider="claude", api="messages", key="reader")
    (folder / "api.md").write_text(
        """<ApiPlayground embed="hello" api="responses" :request="{ input: 'x' }" />"""
    )

    assert '"/?provider=claude&amp;dialect=messages"' in _get(client, "/docs/api")


# --- the project's own ---


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_the_playgrounds_own_docs_have_no_mistakes(client: Client, path: Path) -> None:
    html = _get(client, f"/docs/{path.relative_to(ROOT / 'docs').with_suffix('')}".removesuffix("index"))

    assert "data-problem" not in html
    assert 'class="broken"' not in html


def test_an_address_too_long_for_servers_is_refused() -> None:
    with pytest.raises(SentenceError, match="too long"):
        embed_url("openai", "", {"model": "x" * LONGEST_LINK})


def test_a_request_too_long_for_a_query_is_linked_by_its_fragment() -> None:
    body = {"messages": [{"role": "user", "content": "x" * LONGEST_LINK}]}

    link = playground_url("openai", "", body)

    assert link.startswith("/#r=")
    assert len(link) < 200


def test_the_frames_options_are_in_its_url() -> None:
    assert embed_url("openai", "messages", {"a": "& ?"}, theme="dark") == (
        "/embed/?provider=openai&dialect=messages&request=%7B%22a%22%3A%22%26+%3F%22%7D&theme=dark"
    )
