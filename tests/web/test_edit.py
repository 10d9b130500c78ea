"""The form's buttons in a browser without scripts."""

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client

from playground.dialects import DIALECTS, examples
from playground.dialects.chat_completions.presets import PRESETS
from playground.dialects.examples import in_language
from playground.exchange.conversation import Text, ToolCall, ToolResult
from playground.forms.form import RequestForm
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.browser_form import posted
from tests.web.client import post_form

pytestmark = pytest.mark.usefixtures("provider")

ADD = "append:chat_completions:"
# As an embed posts them, and as the page does, where the last row is the composer's.
TWO = {"role": ["system", "user"], "content": ["one", "two"], "call": ["", ""], "extra": ["", ""]}
PAGE = {name: [*values, values[-1] * (name == "role")] for name, values in TWO.items()} | {"composer": "on"}


def _contents(client: Client, do: str, **changes: object) -> list[str]:
    """Return the messages' texts in the page after a button was clicked; the last one is the composer's."""
    return posted(post_form(client, "/edit/", do=do, **(PAGE | changes)).content.decode()).getlist("content")


def _embedded(client: Client, do: str, **changes: object) -> list[str]:
    """Return the messages' texts in an embed after a button was clicked."""
    form = TWO | changes
    answer = post_form(client, "/embed/edit/", accept="application/json", do=do, **form)
    assert answer.json()["replaces"] == do.startswith("fill:")
    shown = answer.json()["fields"].split("<template")[0]
    return [
        unescape(text)
        for text in re.findall(r'<textarea name="content"[^>]*>\n(.*?)</textarea>', shown, re.DOTALL)
    ]


MOVES = [
    ("remove:0", ["two"]),
    ("up:1", ["two", "one"]),
    ("down:0", ["two", "one"]),
    ("up:0", ["one", "two"]),
    ("down:1", ["one", "two"]),
    (ADD + '[{"role": "assistant"}, {"role": "tool"}, null]', ["one", "two", "", ""]),
    ('change:chat_completions:{"messages": [{"role": "developer", "content": "one"}]}', ["one"]),
    ('change:chat_completions:{"messages": 1}', ["one", "two"]),
]


@pytest.mark.parametrize(
    ("do", "contents"),
    [
        *((do, [*contents, ""]) for do, contents in MOVES),
        ("add", ["one", "two", ""]),
        ("show", ["one", "two", ""]),
        ("first", ["", "one", "two", ""]),
        ("clear", [""]),
        (ADD + '[{"role": "assistant", "content": "<three>"}, {}]', ["one", "two", "<three>", "", ""]),
        (ADD + '[{"role": "assistant", "content": "3"}, {"role": "user"}]', ["one", "two", "3", ""]),
        ('fill:chat_completions:{"messages": [{"role": "user", "content": "new"}]}', ["new"]),
    ],
)
def test_each_button_changes_the_messages(client: Client, do: str, contents: list[str]) -> None:
    assert _contents(client, do) == contents


@pytest.mark.parametrize(
    ("do", "contents"),
    [
        *MOVES,
        ("add", ["one", "two", ""]),
        (ADD + '[{"role": "assistant", "content": "<three>"}, {}]', ["one", "two", "<three>", ""]),
        ('fill:chat_completions:{"messages": [{"role": "user", "content": "new"}]}', ["new"]),
    ],
)
def test_an_embed_has_all_its_messages_in_one_list(client: Client, do: str, contents: list[str]) -> None:
    assert _embedded(client, do) == contents


@pytest.mark.parametrize(
    ("do", "contents"),
    [
        ("add", ["one", "two", "three", ""]),
        ("show", ["one", "two", "three"]),
        ("remove:1", ["one", "three"]),
        ("up:1", ["two", "one", "three"]),
        ("down:1", ["one", "two", "three"]),
        ("first", ["", "one", "two", "three"]),
        (ADD + '[{"role": "assistant", "content": "b"}]', ["one", "two", "b", "three"]),
        ('change:chat_completions:{"seed": 5}', ["one", "two", "three"]),
    ],
)
def test_what_is_written_in_the_composer_stays_there(client: Client, do: str, contents: list[str]) -> None:
    assert _contents(client, do, content=["one", "two", "three"]) == contents


def test_a_fix_moves_a_value(client: Client) -> None:
    html = post_form(
        client,
        "/edit/",
        do='change:chat_completions:{"max_tokens": null, "max_completion_tokens": 5}',
        max_tokens="5",
    ).content.decode()

    assert 'name="max_tokens" value=""' in html
    assert 'name="max_completion_tokens" value="5"' in html


def test_a_fix_takes_a_key_out_of_more(client: Client) -> None:
    html = post_form(
        client, "/edit/", do='change:chat_completions:{"logprobs": null}', more='{"logprobs": true}'
    ).content.decode()

    assert "logprobs&quot;: true" not in html


@pytest.mark.parametrize("path", ["/edit/", "/embed/edit/"])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_fix_from_before_the_api_was_switched_is_refused(client: Client, path: str, accept: str) -> None:
    do = 'change:chat_completions:{"max_tokens": null, "max_completion_tokens": 5}'

    answer = post_form(client, path, do=do, dialect="messages", max_tokens="7", accept=accept)

    assert answer.status_code == 400
    if accept == "application/json":
        assert list(answer.json()["error"]["fields"]) == ["dialect"]
    elif path == "/edit/":
        html = answer.content.decode()
        assert 'name="max_tokens" value="7"' in html
        assert "max_completion_tokens" not in html


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_an_example_fills_the_form_and_keeps_the_model(client: Client, preset: object) -> None:
    page = client.get("/").content.decode()
    value = re.search(rf'value="(example:[^"]*)">{re.escape(preset.label)}<', page)  # type: ignore[attr-defined]
    assert value is not None

    html = unescape(post_form(client, "/edit/", do=unescape(value[1]), model="my-model").content.decode())

    assert 'value="my-model"' in html
    for message in in_language(preset.body["messages"]):  # type: ignore[attr-defined]
        assert message["content"] in html


@pytest.mark.parametrize("api", DIALECTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_example_of_the_api_before_is_put_into_the_words_of_the_new_one(
    client: Client, dialect: str, api: str
) -> None:
    preset = next(preset for preset in DIALECTS[api].presets if preset.id in ("system", "instructions"))
    do = f"fill:{api}:{json.dumps(in_language(preset.body))}"

    page = posted(post_form(client, "/edit/", do=do, dialect=dialect, model="m").content.decode())

    form = RequestForm.from_post(page, DIALECTS[dialect])
    body = form.body([])
    assert (form.model, form.more) == ("m", "")
    turns = DIALECTS[dialect].conversation(body).turns
    said = [[getattr(part, "text", None) for part in turn.parts] for turn in turns]
    assert said == [[str(examples.TEACHER)], [str(examples.SKY)]]
    assert not list(DIALECTS[dialect].problems(body, most_messages=9))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_example_that_only_another_api_has_is_filled_in_too(client: Client, dialect: str) -> None:
    [preset] = [preset for preset in DIALECTS["messages"].presets if preset.id == "thinking"]

    page = post_form(client, "/edit/", do="example:thinking", dialect=dialect, model="m")

    assert page.status_code == 200
    assert str(preset.body["messages"][0]["content"]) in posted(page.content.decode()).getlist("content")


def test_nothing_is_sent(client: Client, upstream: ScriptedUpstream) -> None:
    post_form(client, "/edit/", do="add")

    assert upstream.requests == []


HM = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "chat_completions": [
        {
            "role": "assistant",
            "content": "three",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "", "tool_call_id": "c1"},
    ],
    "messages": [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "three"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": ""}]},
    ],
    "responses": [
        {"type": "message", "role": "assistant", "content": "three"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": ""},
    ],
}


@pytest.mark.parametrize("api", DIALECTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_from_before_the_api_was_switched_is_put_into_its_words(
    client: Client, dialect: str, api: str
) -> None:
    do = f"append:{api}:{json.dumps(ANSWERS[api])}"
    page = {"role": ["user", "user"], "content": ["Hello!", ""], "extra": ["", ""], "composer": "on"}

    html = post_form(client, "/edit/", do=do, dialect=dialect, **page).content.decode()

    assert 'class="lost"' not in html
    form = RequestForm.from_post(posted(html), DIALECTS[dialect])
    conversation = DIALECTS[dialect].conversation(form.body([]))
    assert [
        (type(part), getattr(part, "text", None) or part.id)
        for turn in conversation.turns
        for part in turn.parts
    ] == [
        (Text, "Hello!"),
        (Text, "three"),
        (ToolCall, "c1"),
        (ToolResult, "c1"),
    ]


def test_what_of_an_answer_another_api_lacks_is_listed(client: Client) -> None:
    answer = json.dumps([{"role": "assistant", "content": [HM]}, {"role": "user", "content": ""}])

    html = post_form(client, "/edit/", do=f"append:messages:{answer}").content.decode()

    assert 'class="lost"' in html
    assert "thinking" in html
    assert "signature" not in html


@pytest.mark.parametrize(("dialect", "sets"), [("messages", True), ("responses", False)])
def test_an_answer_sets_the_fields_that_the_next_call_needs(client: Client, dialect: str, sets: bool) -> None:
    added = {"add": [{"role": "assistant", "content": "three"}], "set": {"container": "container_1"}}
    do = f"append:messages:{json.dumps(added)}"

    form = posted(post_form(client, "/edit/", do=do, dialect=dialect).content.decode())

    assert "three" in form.getlist("content")
    assert ("container_1" in form["more"]) == sets


def test_an_answer_takes_the_place_of_an_empty_last_message_in_an_embed(client: Client) -> None:
    do = ADD + '[{"role": "assistant", "content": "three"}, {"role": "user", "content": ""}]'

    assert _embedded(client, do, content=["one", ""]) == ["one", "three", ""]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("do", ["add", 'append:{}:[{"role": "assistant", "content": "b"}, {"role": "user"}]'])
def test_a_text_alone_gets_a_role_when_others_follow(client: Client, dialect: str, do: str) -> None:
    row = {"role": "", "content": "a", "call": "", "extra": ""}

    html = post_form(
        client, "/edit/", do=do.replace("{}", dialect, 1), dialect=dialect, **row
    ).content.decode()

    [first, *others] = posted(html).getlist("role")
    assert (first, others[-1]) == ("user", "user")


THREE = [{"role": "user", "content": "x"}] * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"do": "add"},
        {"do": f"fill:chat_completions:{json.dumps({'messages': THREE})}"},
        {"do": f"change:chat_completions:{json.dumps({'messages': THREE})}"},
        {"do": ADD + json.dumps(THREE)},
        {"do": "remove:0", "role": [], "content": ["x"] * 3},
        {"do": "show", "role": ["user"] * 4, "content": ["x"] * 4, "composer": "on", "until": "1"},
    ],
    ids=["add", "fill", "change", "append", "posted without roles", "until"],
)
@pytest.mark.parametrize("path", ["/edit/", "/embed/edit/"])
def test_more_messages_than_are_sent_are_never_shown(
    client: Client, settings: Any, path: str, changes: dict[str, Any]
) -> None:
    settings.LIMITS = replace(settings.LIMITS, messages=2)

    answer = post_form(client, path, accept="application/json", **(TWO | changes))

    assert answer.status_code == 400
    assert "messages" in answer.json()["error"]["fields"]


def test_an_answer_that_is_too_much_leaves_the_form_as_it_was(client: Client, settings: Any) -> None:
    settings.LIMITS = replace(settings.LIMITS, messages=2)

    rows = {"role": ["user"] * 2, "content": ["one", ""], "call": [""] * 2, "extra": [""] * 2}

    assert _contents(client, ADD + json.dumps(THREE), **rows) == ["one", ""]


def _focused(html: str) -> list[int]:
    """Return the positions of the focused texts: the composer's is the last one."""
    tags = re.findall(r'<textarea name="content"[^>]*>', re.sub("(?s)<template.*?</template>", "", html))
    return [at for at, tag in enumerate(tags) if " autofocus" in tag]


CURSORS = [
    ("remove:0", 0),
    ("remove:1", 0),
    ("up:1", 0),
    ("down:0", 1),
    ("up:0", 0),
    ("add", 2),
    (ADD + '[{"role": "assistant", "content": "a"}, {"role": "tool"}, {"role": "tool"}]', 3),
    ('fill:chat_completions:{"messages": [{"role": "user", "content": "new"}]}', None),
    ('change:chat_completions:{"seed": 5}', None),
]


@pytest.mark.parametrize(
    ("do", "position"),
    [*CURSORS, (ADD + '[{"role": "assistant", "content": "a"}]', 3), ("first", 0), ("clear", 0)],
)
def test_the_cursor_goes_to_what_is_written_next(client: Client, do: str, position: int | None) -> None:
    html = post_form(client, "/edit/", do=do, **PAGE).content.decode()

    assert _focused(html) == [at for at in [position] if at is not None]


@pytest.mark.parametrize(("do", "position"), [*CURSORS, (ADD + '[{"role": "assistant", "content": "a"}]', 2)])
def test_in_an_embed_the_cursor_goes_there_too(client: Client, do: str, position: int | None) -> None:
    answer = post_form(client, "/embed/edit/", accept="application/json", do=do, **TWO)

    assert _focused(answer.json()["fields"]) == [at for at in [position] if at is not None]


def test_the_cursor_goes_to_the_results_of_several_calls(client: Client) -> None:
    results = [{"type": "tool_result", "tool_use_id": id_, "content": ""} for id_ in ("one", "two")]
    message = {"role": "user", "content": results}
    form = PAGE | {"dialect": "messages", "do": f"append:messages:{json.dumps([message])}"}

    html = post_form(client, "/edit/", **form).content.decode()

    focused = [tag for tag in re.findall("<textarea[^>]*>", html) if " autofocus" in tag]
    assert [re.findall('name="([^"]*)"', tag) for tag in focused] == [["extra"]]


@pytest.mark.parametrize("path", ["/edit/", "/embed/edit/"])
def test_a_script_gets_the_fields_alone(client: Client, path: str) -> None:
    do = 'change:chat_completions:{"seed": 5}'
    answer = post_form(client, path, accept="application/json", do=do, **(TWO if "embed" in path else PAGE))

    fields = answer.json()["fields"]
    others = ["#after-messages"] if "embed" in path else ["#composer", "#presets", "#start"]
    targets = ["#messages", *others, "#blank", "#dialects", "#prose", "#model", "#outdated", "#parameters"]
    assert re.findall('hx-target="([^"]*)"', fields) == targets
    assert 'name="seed" value="5"' in fields
    assert "api_key" not in fields
