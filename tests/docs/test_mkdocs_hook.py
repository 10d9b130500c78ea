"""The hook of packages/mkdocs: its output, and that it reads the tag as the docs pages do."""

import importlib.util
import json
import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

from playground.tags import tag
from tests.exchange.strategies import requests

PATH = Path(__file__).parents[2] / "packages" / "mkdocs" / "api_playground_hook.py"
_spec = importlib.util.spec_from_file_location("api_playground_hook", PATH)
assert _spec is not None
assert _spec.loader is not None
hook = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hook)

OPTIONS = {"src": "https://playground.example.org"}


def _page(markdown: str, front_matter: str = "", **options: Any) -> str:
    file = SimpleNamespace(src_uri="a.md", content_string=front_matter + markdown)
    config = SimpleNamespace(extra={"api_playground": OPTIONS | options})
    return str(hook.on_page_markdown(markdown, page=SimpleNamespace(file=file), config=config, files=None))


def _calls(markdown: str) -> list[dict[str, str]]:
    """Return the attributes of each playground in the page."""
    return [
        {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', attributes)}
        for attributes in re.findall("<api-playground([^>]*)>", markdown)
    ]


def _problem(markdown: str, caplog: pytest.LogCaptureFixture, front_matter: str = "") -> str:
    caplog.clear()
    shown = _page(markdown, front_matter)
    assert "<api-playground" not in shown
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    told = record.getMessage().removeprefix("API Playground: ")
    assert told in unescape(shown)
    return told


def test_a_tag_becomes_the_element_and_the_page_has_the_script() -> None:
    page = _page(
        """# One\n\n<ApiPlayground provider="openai" :defaultRequest="{ model: 'm' }" />\n\nAfter\n"""
    )

    assert _calls(page) == [{"theme": "auto", "provider": "openai", "request": '{"model":"m"}'}]
    assert page.count('<script src="https://playground.example.org/embed.js" defer></script>') == 1
    assert page.startswith("# One\n\n<div>")
    assert "\n\nAfter\n" in page


def test_the_fallback_leads_to_the_call() -> None:
    page = _page(
        """<ApiPlayground provider="openai" :defaultRequest="{ model: 'm' }">Try *it*</ApiPlayground>"""
    )

    href, words = re.findall('<a slot="fallback" href="([^"]*)">(.*)</a>', page)[0]
    assert (
        unescape(href)
        == "https://playground.example.org/?provider=openai&request=%7B%22model%22%3A%22m%22%7D"
    )
    assert unescape(words) == "Try *it*"
    assert "*" not in words


def test_the_api_is_passed_on_and_in_the_link() -> None:
    for text in (
        """<ApiPlayground provider="claude" api="messages" :defaultRequest="{ model: 'm' }" />""",
        "```api-playground\nprovider: claude\napi: messages\nrequest: {model: m}\n```",
    ):
        page = _page(f"{text}\n")

        (call,) = _calls(page)
        assert call == {"theme": "auto", "provider": "claude", "api": "messages", "request": '{"model":"m"}'}
        (href,) = re.findall('<a slot="fallback" href="([^"]*)">', page)
        assert "?provider=claude&dialect=messages&request=" in unescape(href)


def test_a_page_without_a_playground_stays_as_it_is() -> None:
    text = "# One\n\n`<ApiPlayground />` <a> & text\n"

    assert _page(text) == text


@pytest.mark.parametrize(
    "code",
    [
        "`<ApiPlayground />`",
        "``a ` <ApiPlayground />``",
        "```html\n<ApiPlayground />\n```",
        "````md\n```api-playground\nprovider: a\n```\n````",
        "~~~\n<ApiPlayground />\n~~~",
        "    ```\n    <ApiPlayground />\n    ```",
        "```\n<ApiPlayground />",
        "<!-- <ApiPlayground /> -->",
        "<ApiPlaygrounds />",
    ],
)
def test_code_and_comments_stay_unchanged(code: str) -> None:
    assert _page(f"Before\n\n{code}\n") == f"Before\n\n{code}\n"


@pytest.mark.parametrize("start", ["Press \\` to open.", "A lone ` here."])
def test_a_stray_backtick_hides_no_tag_below(start: str) -> None:
    page = _page(f'{start}\n\n<ApiPlayground provider="openai" />\n\nThen `run` it.\n')

    assert _calls(page) == [{"theme": "auto", "provider": "openai"}]


def test_a_fence_becomes_the_element_where_it_stands() -> None:
    for body in (
        '{"provider": "openai", "request": {"model": "m", "stop": "no"}, "label": "Try"}',
        "provider: openai\n    request:\n      model: m\n      stop: no\n    label: Try",
    ):
        page = _page(f"- a\n\n    ```api-playground\n    {body}\n    ```\n\n- b\n")

        assert _calls(page) == [
            {"theme": "auto", "provider": "openai", "request": '{"model":"m","stop":"no"}', "label": "Try"}
        ]
        assert "- a\n\n    <div><api-playground" in page
        assert "</div>\n\n- b\n" in page


def test_each_provider_may_have_an_embed_of_its_own() -> None:
    tags = ['provider="a"', 'provider="b"', 'provider="c" embed="d"']

    page = _page("\n\n".join(f"<ApiPlayground {tag} />" for tag in tags) + "\n", embed={"a": "own"})

    assert page.count('embed="own"') == 1
    assert page.count("embed=") == 2
    assert 'embed="d"' in page


@pytest.mark.parametrize(
    ("attributes", "embed"),
    [
        ('provider="a"', "one"),
        ('provider="a" api="chat_completions"', "one"),
        ('provider="a" api="responses"', "two"),
        ('provider="a" api="messages"', "one"),
        ('api="messages"', "three"),
        ('provider="b" api="responses"', None),
        ("", None),
    ],
)
def test_each_api_of_a_provider_may_have_an_embed_of_its_own(attributes: str, embed: str | None) -> None:
    embeds = {"a": "one", "a/responses": "two", "messages": "three"}

    (call,) = _calls(_page(f"<ApiPlayground {attributes} />\n", embed=embeds))

    assert call.get("embed") == embed


def test_the_sites_options_hold_unless_a_tag_says_otherwise() -> None:
    page = _page('<ApiPlayground />\n<ApiPlayground embed="b" theme="dark" />\n', embed="a", theme="light")

    assert _calls(page) == [{"theme": "light", "embed": "a"}, {"theme": "dark", "embed": "b"}]


@pytest.mark.parametrize(
    ("markdown", "told"),
    [
        ('\n\n<ApiPlayground provider=openai\n :defaultRequest="{ model: m }" />', "a.md:3: "),
        ('<ApiPlayground defaultRequest="{}" />', "a.md:1: put a colon"),
        ('<ApiPlayground wide="1" />', "a.md:1: unknown attribute “wide”"),
        ('<ApiPlayground :defaultRequest="[]" />', "a.md:1: the request must be an object"),
        ('<ApiPlayground :defaultRequest="" />', "a.md:1: the request is empty"),
        ('<ApiPlayground :defaultRequest="{ a: 1, a: 2 }" />', "a.md:1: an object has the same field twice"),
        ('<ApiPlayground :defaultRequest="{ a: NaN }" />', "a.md:1: NaN isn’t"),
        ('<ApiPlayground :defaultRequest="{ a: alert(1) }" />', "a.md:1: "),
        ('<ApiPlayground provider="a" provider="b" />', "a.md:1: “provider” appears twice"),
        ('<ApiPlayground provider="" />', "a.md:1: “provider” must be"),
        ("<ApiPlayground provider='a\n\ntext", "a.md:1: the tag isn’t closed"),
        ("```api-playground\n- a\n```", "a.md:1: the fence must"),
        ("```api-playground\nmodel: a\n```", "a.md:1: unknown field “model”"),
        ("```api-playground\na: [\n```", "a.md:1: invalid YAML"),
        ("```api-playground\nprovider: 1\n```", "a.md:1: “provider” must be"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    markdown: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert _problem(markdown, caplog).startswith(told)


def test_lines_are_those_of_the_file(caplog: pytest.LogCaptureFixture) -> None:
    front_matter = "---\ntitle: A\n---\n"

    assert _problem("# One\n\n<ApiPlayground wide />\n", caplog, front_matter).startswith("a.md:6: ")


def test_the_build_fails_without_a_base_url() -> None:
    with pytest.raises(SystemExit, match=r"extra\.api_playground\.src"):
        _page("", src="")


@settings(deadline=None)
@given(requests)
def test_it_reads_a_request_as_the_docs_pages_do(request_: dict[str, Any]) -> None:
    literal = json.dumps(request_, ensure_ascii=False).replace("&", "&amp;").replace('"', "&quot;")
    text = f'<ApiPlayground provider="openai" :defaultRequest="{literal}" />'
    found = tag.scan(text, 0)
    assert found is not None

    (call,) = _calls(_page(text))

    assert json.loads(call["request"]) == tag.read(found).body


@pytest.mark.parametrize(
    "literal",
    [
        "{ model: 'm', a: .5, b: +1, c: 0x10, d: 1e-7, }",
        r"{ a: 'It\'s', b: '\u00e9\n', c: &quot;\\&quot; }",
        "{ a: null, b: [true, false], /* c */ d: { e: '&lt;b&gt;' } } // end",
        "{ a: 12345678901234567890, b: 1.0 }",
    ],
)
def test_it_reads_javascripts_literals_as_the_docs_pages_do(literal: str) -> None:
    text = f'<ApiPlayground :default-request="{literal}" />'
    found = tag.scan(text, 0)
    assert found is not None

    (call,) = _calls(_page(text))

    assert json.loads(call["request"]) == tag.read(found).body
