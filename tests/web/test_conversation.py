"""The conversation in a page without scripts: what was sent and what was answered are part of its form."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from tests.configuration import configure
from tests.upstreams.scripted import (
    Answer,
    ScriptedUpstream,
    completion,
    completion_body,
    json_answer,
    models,
    stream,
)
from tests.web.browser_form import posted
from tests.web.client import post_form

pytestmark = pytest.mark.usefixtures("provider")

PANEL = 'data-part="panel-answer"'


def _send(client: Client, *texts: str, roles: str = "user", path: str = "/send/", **changes: Any) -> str:
    """Post the page's form with these messages, the last one in the composer, and return the next page."""
    rows: dict[str, list[str]] = {
        "role": [roles] * len(texts),
        "content": [*texts],
        "extra": [""] * len(texts),
    }
    return _shown(post_form(client, path, **({"composer": "on"} | rows | changes)).content.decode())


def _shown(page: str) -> str:
    """Return the page without what only scripts show."""
    return re.sub("<template.*?</template>", "", page, flags=re.DOTALL)


def _again(client: Client, page: str, path: str = "/send/", **changes: str) -> str:
    """Post the page's form as it is, but for some fields; `content` is the composer's."""
    form = posted(page)
    fields: dict[str, list[str]] = {name: [*values] for name, values in form.lists()}
    fields["content"][-1] = changes.pop("content", fields["content"][-1])
    return _text(client, path, fields | {name: [value] for name, value in changes.items()})


def _text(client: Client, path: str, fields: Mapping[str, list[str]]) -> str:
    query = QueryDict(mutable=True)
    for name, values in fields.items():
        query.setlist(name, values)
    answer = client.post(path, query.urlencode(), content_type="application/x-www-form-urlencoded")
    return _shown(answer.content.decode())


def _rows(page: str) -> list[tuple[str, str]]:
    """Return role and text of each message in the page, the composer's last."""
    form = posted(page)
    return [*zip(form.getlist("role"), form.getlist("content"), strict=True)]


def _turns(page: str) -> list[str]:
    """Return the markup of each message in the list."""
    shown = page.partition('id="messages"')[2].partition("</ol>")[0]
    return shown.split('<li class="turn"')[1:]


def _slot(page: str) -> str:
    return page.partition('id="answer"')[2].partition('class="composer-dock"')[0]


def _button(markup: str, name: str) -> str | None:
    """Return the value of the button that asks again, or sends from here."""
    found = re.search(f'name="until" value="([0-9]+)"{name}', markup)
    return found[1] if found else None


def test_question_and_answer_are_messages_and_the_composer_is_empty(client: Client) -> None:
    page = _send(client, "What is <b>?")

    assert _rows(page) == [("user", "What is <b>?"), ("assistant", "Hello!"), ("user", "")]
    question, answer = _turns(page)
    assert PANEL not in question
    assert PANEL in answer
    assert page.count(PANEL) == 1
    assert 'data-part="answer-1">Hello!</p>' in answer


def test_the_answer_has_the_mark_of_its_exchange(client: Client) -> None:
    page = _send(client, "Hi")

    _, run, composed = posted(page).getlist("run")
    assert run
    assert composed == ""
    assert f'data-run="{run}"' in _turns(page)[1]


def test_the_next_message_continues_the_conversation(client: Client, upstream: ScriptedUpstream) -> None:
    page = _send(client, "Hi")

    page = _again(client, page, content="And now?")

    assert upstream.requests[-1].json["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": "And now?"},
    ]
    assert [text for _, text in _rows(page)] == ["Hi", "Hello!", "And now?", "Hello!", ""]
    turns = _turns(page)
    assert [PANEL in turn for turn in turns] == [False, False, False, True]
    assert 'class="drawn"' in turns[1]  # the earlier answer, as it is read


def test_drawing_many_answers_costs_no_more_than_one(client: Client) -> None:
    row = "*a* " + "b " * 30_000
    page = _send(client, *[row] * 4, roles="assistant", path="/edit/", do="show")

    # The fourth is in the composer, and two together are longer than any answer that is drawn.
    assert ["answer-rich" in turn for turn in _turns(page)] == [False, False, True]
    assert ["answer-text" in turn for turn in _turns(page)] == [True, True, False]


def test_an_earlier_answer_stays_text(client: Client, upstream: ScriptedUpstream) -> None:
    hostile = '<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) "><form>'
    upstream.reply(completion(hostile))
    page = _send(client, "Hi")

    page = _again(client, page, "/edit/", do="show")

    assert _rows(page)[1] == ("assistant", hostile)
    drawn = _turns(page)[1].partition('class="drawn"')[2].partition("<textarea")[0]
    assert not re.search(r"<(script|img|form)\b|href=.javascript", drawn)


@pytest.mark.parametrize(
    ("until", "sent"), [("1", ["Hi"]), ("2", ["Hi", "Hello!"]), ("3", ["Hi", "Hello!", "more"])]
)
def test_sending_from_here_leaves_out_what_follows(
    client: Client, upstream: ScriptedUpstream, until: str, sent: list[str]
) -> None:
    page = _again(client, _send(client, "Hi"), content="more")
    turns = _turns(page)
    assert [_button(turn, "(?! data-again)") for turn in turns] == ["1", "2", "3", "4"]

    page = _again(client, page, content="later", until=until)

    assert [message["content"] for message in upstream.requests[-1].json["messages"]] == sent
    assert [text for _, text in _rows(page)] == [*sent, "Hello!", "later"]
    # What it replaced can be brought back, and then what it was replaced by.
    for expected in (["Hi", "Hello!", "more", "Hello!", "later"], [*sent, "Hello!", "later"]):
        page = _again(client, page, "/edit/", do="version:0")
        assert [text for _, text in _rows(page)] == expected


@pytest.mark.parametrize("do", ["clear", "remove:0", "example:system"])
def test_what_a_button_removes_can_be_brought_back(client: Client, do: str) -> None:
    page = _send(client, "Hi")
    before = _rows(page)
    page = _again(client, page, "/edit/", do=do)
    assert _rows(page)[:-1] != before[:-1]

    page = _again(client, page, "/edit/", do="version:0")

    assert _rows(page)[: len(before) - 1] == before[:-1]
    assert posted(page).getlist("run")[1]  # the answer keeps its proof


def test_a_version_that_no_page_contains_is_left_out(client: Client) -> None:
    broken = [
        "",
        "[",
        "[0]",
        "[0, []]",
        '[-1, [["", "", "", "", "", ""]]]',
        '[0, [["a"]]]',
        "[0, [[1, 2, 3, 4, 5, 6]]]",
    ]

    page = _send(client, "Hi", path="/edit/", do="show", version=broken)

    assert posted(page).getlist("version") == []
    assert post_form(client, "/edit/", composer="on", do="version:0").status_code == 400


def test_regenerate_asks_for_another_answer(client: Client, upstream: ScriptedUpstream) -> None:
    page = _send(client, "Hi")
    until = _button(_turns(page)[1], " data-again")
    assert until == "1"
    upstream.reply(completion("Another"))

    page = _again(client, page, until=until, content="later")

    first, second = upstream.requests
    assert second.body == first.body
    assert _rows(page) == [("user", "Hi"), ("assistant", "Another"), ("user", "later")]


def test_an_answer_of_several_messages_is_asked_for_again_as_a_whole(
    client: Client, upstream: ScriptedUpstream
) -> None:
    rows = {"role": ["user", "assistant", "assistant", "user"], "run": ["", "r", "r", ""]}

    page = _send(client, "Hi", "first part", "second part", "", **rows, until="2")

    assert [message["content"] for message in upstream.requests[0].json["messages"]] == ["Hi"]
    assert [text for _, text in _rows(page)] == ["Hi", "Hello!", ""]


def test_what_an_answer_was_to_replace_stays_if_none_comes(
    client: Client, upstream: ScriptedUpstream
) -> None:
    page = _again(client, _send(client, "Hi"), content="more")
    before = posted(page).getlist("run")
    upstream.reply(json_answer({"error": {"message": "no"}}, 500))

    page = _again(client, page, content="later", until="1")

    assert len(upstream.requests[-1].json["messages"]) == 1
    assert PANEL in _slot(page)
    assert [text for _, text in _rows(page)] == ["Hi", "Hello!", "more", "Hello!", "later"]
    assert posted(page).getlist("run") == before


def test_a_refused_request_leaves_the_whole_conversation(client: Client, upstream: ScriptedUpstream) -> None:
    page = _again(client, _send(client, "Hi"), content="more")

    refused = _again(client, page, content="later", until="1", temperature="hot")

    assert len(upstream.requests) == 2
    assert "data-refusal" in _slot(refused)
    assert [text for _, text in _rows(refused)] == ["Hi", "Hello!", "more", "Hello!", "later"]


def test_enter_in_a_field_sends_all(client: Client) -> None:
    """A browser then clicks the form's first button."""
    page = _send(client, "Hi")

    buttons = re.findall(r'<button[^>]*type="submit"[^>]*>', page)
    of_form = [tag for tag in buttons if 'form="request-form"' in tag]
    inside = page.index('id="request-form"')
    assert page.index(of_form[0]) < inside
    assert "name=" not in of_form[0]
    assert "formaction" not in of_form[0]


@pytest.mark.parametrize(
    "reply",
    [
        json_answer({"error": {"message": "no"}}, 400),
        Answer(200, body=b"no JSON"),
        b"",
        completion(choices=[]),
    ],
)
def test_what_failed_is_no_message_but_stands_below(
    client: Client, upstream: ScriptedUpstream, reply: Any
) -> None:
    upstream.reply(reply)

    page = _send(client, "Hi")

    assert _rows(page) == [("user", "Hi"), ("user", "")]
    assert page.count(PANEL) == 1
    assert PANEL in _slot(page)
    upstream.reply(completion())
    assert _rows(_again(client, page))[:2] == [("user", "Hi"), ("assistant", "Hello!")]


def test_a_refused_message_is_still_in_the_composer(client: Client, upstream: ScriptedUpstream) -> None:
    page = _send(client, "before", "Hi", temperature="hot")

    assert _rows(page) == [("user", "before"), ("user", "Hi")]
    assert len(_turns(page)) == 1
    assert "data-refusal" in _slot(page)
    assert page.count("data-refusal") == 1
    assert upstream.requests == []
    # What is wrong is said beside its field; the notice names it.
    notice = re.sub("<[^>]*>", " ", _slot(page))
    assert "temperature" in notice
    assert "from 0 to 2" not in notice
    assert len(re.findall(r"temperature-error[^>]*(?<!hidden)>[^<]*from 0 to 2", page)) == 1


def test_without_any_message_the_page_says_so_at_the_composer(client: Client) -> None:
    page = _send(client, "")

    composer = page.partition('id="composer"')[2].partition('class="composer-bar"')[0]
    assert re.search('data-error-for="messages"(?! hidden)[^>]*>[^<]', composer)


def test_of_several_answers_the_first_goes_on_and_another_can_be_chosen(
    client: Client, upstream: ScriptedUpstream
) -> None:
    choices = [completion_body(text)["choices"][0] | {"index": at} for at, text in enumerate(("one", "two"))]
    upstream.reply(completion(choices=choices))
    page = _send(client, "Hi", n="2")
    assert [text for _, text in _rows(page)] == ["Hi", "one", ""]
    values = [unescape(value) for value in re.findall('name="do" value="(append:[^"]*)"', page)]
    assert len(values) == 2

    page = _again(client, page, "/edit/", do=values[1])

    assert [text for _, text in _rows(page)] == ["Hi", "two", ""]


def test_a_stream_is_answered_in_the_list_too(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "lo!"}))

    page = _send(client, "Hi", stream="on")

    assert _rows(page)[1] == ("assistant", "Hello!")


def test_at_the_limit_of_messages_the_answer_stands_below(client: Client, settings: Any) -> None:
    settings.LIMITS = replace(settings.LIMITS, messages=1)

    page = _send(client, "Hi")

    assert _rows(page) == [("user", "Hi"), ("user", "")]
    assert PANEL in _slot(page)


@pytest.mark.parametrize("path", ["/models/", "/count/", "/detect/"])
@pytest.mark.parametrize("reply", [models("a"), json_answer({"input_tokens": 1}), json_answer({}, 401)])
def test_other_questions_to_the_provider_change_no_message(
    client: Client, upstream: ScriptedUpstream, path: str, reply: Any
) -> None:
    upstream.reply(reply)
    typed = {"provider": "", "base_url": upstream.url, "dialect": "messages", "max_tokens": "5"}

    page = _send(client, "before", "Hi", path=path, **typed)
    assert upstream.requests

    assert _rows(page) == [("user", "before"), ("user", "Hi")]
    assert len(_turns(page)) == 1


def test_switching_the_language_changes_no_message(client: Client) -> None:
    page = _again(client, _send(client, "Hi"), content="later")

    again = _again(client, page, "/language/", language="zh-hans", content="still")

    assert _rows(again)[:-1] == _rows(page)[:-1]
    assert _rows(again)[-1][1] == "still"
    assert posted(again).getlist("run") == posted(page).getlist("run")


@pytest.mark.django_db
def test_each_answer_has_the_link_of_its_run_if_it_is_saved(client: Client) -> None:
    configure(PLAYGROUND_RUNS="1")
    page = _again(client, _send(client, "Hi"), content="And now?", unkept="on")  # and later ones

    page = _again(client, page, content="And then?")

    linked = [re.findall(r'href="/runs/(\w+)/"', turn) for turn in _turns(page)]
    assert linked == [[], [posted(page).getlist("run")[1]], [], [], [], []]


@pytest.mark.django_db
@pytest.mark.parametrize("keeps", ["0", "1"])
@pytest.mark.parametrize("status", [200, 400])
def test_no_form_is_within_another(
    client: Client, upstream: ScriptedUpstream, keeps: str, status: int
) -> None:
    """A browser would leave out the inner one, and end the outer one with it."""
    configure(PLAYGROUND_RUNS=keeps)
    upstream.reply(json_answer(completion_body(), status))
    page = _send(client, "Hi")

    depth, deepest = 0, 0
    for tag in re.findall(r"<(/?)form\b", page):
        depth += -1 if tag else 1
        deepest = max(deepest, depth)
    assert (depth, deepest) == (0, 1)


def test_a_link_opens_with_its_last_question_in_the_composer(client: Client) -> None:
    request = '{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]}'

    page = client.get("/", {"provider": "test", "request": request}).content.decode()

    assert _rows(page) == [("system", "s"), ("user", "q")]
    assert len(_turns(page)) == 1


def test_an_empty_last_message_of_a_link_is_sent_as_it_came(
    client: Client, upstream: ScriptedUpstream
) -> None:
    messages = '[{"role": "user", "content": "q"}, {"role": "user", "content": ""}]'

    link = {"provider": "test", "request": f'{{"model": "m", "messages": {messages}}}'}
    page = client.get("/", link).content.decode()
    assert _rows(page) == [("user", "q"), ("user", ""), ("user", "")]
    _again(client, page)

    assert upstream.requests[0].json["messages"] == [
        {"role": "user", "content": "q"},
        {"role": "user", "content": ""},
    ]
