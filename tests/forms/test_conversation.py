"""The composer of the page's form, where a request ends early, and how the conversation grows."""

import json
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import BadRequest
from django.http import QueryDict

from playground.dialects import DIALECTS
from playground.exchange.dialect import Dialect
from playground.forms import edits
from playground.forms.form import RequestForm
from playground.forms.rows import MessageRow

CHAT, RESPONSES = DIALECTS["chat_completions"], DIALECTS["responses"]
SYSTEM, ASKS, ANSWERS = (
    MessageRow("system", "s"),
    MessageRow("user", "a"),
    MessageRow("assistant", "b", run="r1", fork="f1"),
)
RUN = "append:chat_completions:"


def _posted(
    *rows: MessageRow,
    composer: MessageRow | None = None,
    aside: bool = False,
    dialect: Dialect = CHAT,
    **fields: str,
) -> RequestForm:
    """Return the form that a page with these messages and this composer posts."""
    last = [] if composer is None else [composer]
    names = ("role", "content", "call", "extra", "run", "fork")
    columns = {name: [getattr(row, name) for row in (*rows, *last)] for name in names}
    marked = {"composer": "aside" if aside else "on"} | fields if last else fields
    return RequestForm.from_post(QueryDict(urlencode(columns | marked, doseq=True)), dialect)


def _messages(form: RequestForm) -> Any:
    errors: list[Any] = []
    body = form.body(errors)
    assert errors == []
    return body[form.dialect.fields.prompt]


def _said(form: RequestForm) -> list[tuple[str, str]]:
    return [(row.role, row.content) for row in form.messages]


# --- the composer ---


@pytest.mark.parametrize("composer", [MessageRow("user"), MessageRow("assistant"), MessageRow("system")])
def test_a_composer_without_a_text_is_no_message(composer: MessageRow) -> None:
    form = _posted(ASKS, composer=composer)

    assert form.composer == composer
    assert _messages(form) == [{"role": "user", "content": "a"}]


@pytest.mark.parametrize(
    ("composer", "message"),
    [
        (MessageRow("user", "c"), {"role": "user", "content": "c"}),
        (MessageRow("assistant", " "), {"role": "assistant", "content": " "}),
        (MessageRow("tool", "", "call_1"), {"role": "tool", "tool_call_id": "call_1", "content": ""}),
        (MessageRow("user", "", "", '{"content": [1]}'), {"role": "user", "content": [1]}),
    ],
)
def test_what_is_written_in_the_composer_is_the_last_message(
    composer: MessageRow, message: dict[str, Any]
) -> None:
    form = _posted(ASKS, composer=composer)

    assert form.messages == [ASKS]
    assert _messages(form) == [{"role": "user", "content": "a"}, message]


def test_aside_leaves_the_composer_out_and_as_it_was() -> None:
    form = _posted(ASKS, composer=MessageRow("user", "later"), aside=True)

    assert _messages(form) == [{"role": "user", "content": "a"}]
    form.commit()
    assert (form.messages, form.composer) == ([ASKS], MessageRow("user", "later"))


def test_a_form_without_a_composer_has_all_its_rows() -> None:
    form = _posted(ASKS, ANSWERS, MessageRow("user"))

    assert form.composer is None
    assert _messages(form)[-1] == {"role": "user", "content": ""}
    form.commit()
    assert len(form.messages) == 3


@pytest.mark.parametrize(
    ("until", "sent"),
    [("0", ""), ("1", "s"), ("2", "sa"), ("3", "sab"), ("9", "sab"), ("9" * 50, "sab")],
)
def test_until_ends_the_request_early_without_the_composer(until: str, sent: str) -> None:
    form = _posted(SYSTEM, ASKS, ANSWERS, composer=MessageRow("user", "later"), until=until)

    assert "".join(message["content"] for message in _messages(form)) == sent
    assert form.composer == MessageRow("user", "later")


@pytest.mark.parametrize("until", ["", "-1", "x", "1.0", "²", "١"])
def test_until_no_number_means_the_whole_form(until: str) -> None:
    form = _posted(SYSTEM, ASKS, composer=MessageRow("user", "now"), until=until)

    assert "".join(message["content"] for message in _messages(form)) == "sanow"


def test_until_means_nothing_without_a_composer() -> None:
    assert len(_messages(_posted(SYSTEM, ASKS, until="1"))) == 2


def test_marks_are_no_part_of_a_request_and_not_longer_than_an_id() -> None:
    form = _posted(ASKS, MessageRow("assistant", "b", run="r" * 5000, fork="f" * 5000))

    assert _messages(form)[1] == {"role": "assistant", "content": "b"}
    assert {len(form.messages[1].run), len(form.messages[1].fork)} == {64}


# --- a form gets its composer ---


@pytest.mark.parametrize(
    ("messages", "composed"),
    [
        ([SYSTEM, ASKS], ASKS),
        ([ASKS, ANSWERS], None),
        ([SYSTEM], None),
        ([], None),
        ([ASKS, MessageRow("user", "")], None),
        ([MessageRow("user", "a", fork="f1")], None),
        (
            [ASKS, MessageRow("user", "", "", '{"content": []}')],
            MessageRow("user", "", "", '{"content": []}'),
        ),
        ([ASKS, MessageRow("", "", "", '{"type": "reasoning"}')], None),
    ],
)
def test_a_last_question_is_written_on(messages: list[MessageRow], composed: MessageRow | None) -> None:
    form = RequestForm(messages=list(messages))
    before = _messages(form)

    form.compose()

    assert form.composer == (composed or form.new_row)
    assert _messages(form) == before


def test_an_empty_last_message_stays_one() -> None:
    body = {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": ""}], "model": "m"}
    form = RequestForm.from_body("p", "", body)

    form.compose()
    assert form.composer is not None
    again = _posted(*form.messages, composer=form.composer, model="m")

    assert again.body([]) == body


# --- buttons ---


def test_add_puts_the_composers_text_among_the_messages() -> None:
    form = _posted(ASKS, composer=MessageRow("assistant", "b"))

    edits.edit(form, "add")

    assert _said(form) == [("user", "a"), ("assistant", "b")]
    assert (form.composer, form.focus) == (MessageRow("user"), 2)


def test_clear_empties_the_composer_too() -> None:
    form = _posted(SYSTEM, ASKS, composer=MessageRow("assistant", "b"))

    edits.edit(form, "clear")

    assert (form.messages, form.composer, form.focus) == ([], MessageRow("user"), 0)


def test_first_is_a_message_with_instructions_before_all_others() -> None:
    form = _posted(ASKS, composer=MessageRow("user", "now"))
    assert not form.has_instructions

    edits.edit(form, "first")

    assert _said(form) == [("system", ""), ("user", "a")]
    assert (form.focus, form.has_instructions) == (0, True)
    assert form.composer == MessageRow("user", "now")


@pytest.mark.parametrize("dialect", ["messages", "responses"])
def test_first_is_no_button_where_instructions_have_a_parameter(dialect: str) -> None:
    form = _posted(ASKS, composer=MessageRow("user"), dialect=DIALECTS[dialect])

    with pytest.raises(BadRequest):
        edits.edit(form, "first")
    assert _said(form) == [("user", "a")]


def test_an_example_is_written_on_in_the_composer() -> None:
    form = _posted(ASKS, ANSWERS, composer=MessageRow("user", "x"))
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "new"}]

    edits.edit(form, f"fill:chat_completions:{json.dumps({'messages': messages})}")

    assert _said(form) == [("system", "s")]
    assert form.composer == MessageRow("user", "new")


# --- an answer becomes a message ---


def _append(run: str, *messages: dict[str, Any]) -> str:
    return RUN + json.dumps({"add": messages, "set": {}, "run": run})


def test_an_answer_follows_what_was_asked() -> None:
    form = _posted(ASKS, composer=MessageRow("user", "later"))

    edits.edit(form, _append("r2", {"role": "assistant", "content": "b"}, {"role": "user", "content": ""}))

    assert _said(form) == [("user", "a"), ("assistant", "b")]
    assert [row.run for row in form.messages] == ["", "r2"]
    assert (form.composer, form.focus) == (MessageRow("user", "later"), 2)


def test_another_answer_of_the_run_takes_the_place_of_the_first() -> None:
    tool = MessageRow("tool", "t", "c", run="r1")
    form = _posted(ASKS, ANSWERS, tool, MessageRow("user", "c"), composer=MessageRow("user"))

    edits.edit(form, _append("r1", {"role": "assistant", "content": "other"}))

    assert _said(form) == [("user", "a"), ("assistant", "other"), ("user", "c")]
    assert [(row.run, row.fork) for row in form.messages] == [("", ""), ("r1", "f1"), ("", "")]


@pytest.mark.parametrize("run", ["", "r2"])
def test_an_answer_of_another_run_replaces_nothing(run: str) -> None:
    form = _posted(ASKS, ANSWERS, MessageRow("user", "c"), composer=MessageRow("user"))

    edits.edit(form, _append(run, {"role": "assistant", "content": "d"}))

    assert [content for _, content in _said(form)] == ["a", "b", "c", "d"]
    assert [(row.run, row.fork) for row in form.messages[1:]] == [("r1", "f1"), ("", ""), (run, "")]


def test_an_empty_message_that_was_sent_stays_when_its_answer_comes() -> None:
    form = _posted(ASKS, MessageRow("user"), composer=MessageRow("user"))

    edits.edit(form, _append("r2", {"role": "assistant", "content": "d"}))

    assert _said(form) == [("user", "a"), ("user", ""), ("assistant", "d")]


def test_the_cursor_goes_to_the_first_result_that_is_wanted() -> None:
    form = _posted(ASKS, composer=MessageRow("user"))

    edits.edit(form, _append("r2", {"role": "assistant", "content": "b"}, {"role": "tool"}, {"role": "tool"}))

    assert form.focus == 2


@pytest.mark.parametrize(
    "value",
    ['{"add": 1}', '{"add": [], "set": []}', '{"add": [], "run": 1}', '{"add": [], "run": null}', "1"],
)
def test_no_button_says_that(value: str) -> None:
    with pytest.raises(BadRequest):
        edits.edit(_posted(ASKS, composer=MessageRow("user")), RUN + value)


# --- another API ---


@pytest.mark.parametrize("dialect", DIALECTS)
def test_marks_are_kept_when_the_api_is_switched(dialect: str) -> None:
    form = _posted(ASKS, ANSWERS, composer=MessageRow("user", "later"))

    edits.edit(form, f"dialect:{dialect}")

    assert [(row.content, row.run, row.fork) for row in form.messages] == [("a", "", ""), ("b", "r1", "f1")]
    assert form.composer is not None
    assert (form.composer.content, form.composer.run, form.composer.fork) == ("later", "", "")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("last", [[], [MessageRow("user", "unanswered", fork="f2")]])
def test_instructions_that_move_take_no_marks_with_them(dialect: str, last: list[MessageRow]) -> None:
    form = _posted(SYSTEM, ASKS, ANSWERS, *last, composer=MessageRow("user"))

    edits.edit(form, f"dialect:{dialect}")

    marks = {row.content: (row.run, row.fork) for row in form.messages}
    assert marks["b"] == ("r1", "f1")
    assert [marks[row.content] for row in last] == [("", "f2") for _ in last]
    assert marks["a"] == ("", "")
    assert form.composer is not None
    assert not form.composer.has_text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_marks_are_kept_where_an_api_splits_a_message(dialect: str) -> None:
    calls = [
        {"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in ("c", "d")
    ]
    extra = json.dumps({"tool_calls": calls})
    rows = [
        MessageRow("assistant", "b", "", extra, run="r1"),
        MessageRow("tool", "t", "c", run="r1"),
        MessageRow("tool", "t", "d", run="r1"),
        MessageRow("assistant", "d", run="r2"),
        MessageRow("user", "e"),
        MessageRow("assistant", "", "", extra, run="r3"),
        MessageRow("tool", "t", "c", run="r3"),
        MessageRow("tool", "t", "d"),  # what was typed is no longer what came
        MessageRow("assistant", "b", run="r4"),
    ]
    form = _posted(SYSTEM, ASKS, *rows, composer=MessageRow("user"))

    # On the way to it, the messages are taken apart and put together again.
    for each in ("responses", "messages", "responses", dialect):
        edits.edit(form, f"dialect:{each}")

    marks = [row.run for row in form.messages]
    assert [run for run, _ in groupby(marks) if run] == ["r1", "r2", "r3", "r4"]
    assert {row.content: row.run for row in form.messages if row.content in ("a", "d", "e")} == {
        "a": "",
        "d": "r2",
        "e": "",
    }
    assert marks[-1] == "r4"


# --- a prompt that is a text ---


def test_a_text_alone_stays_a_text() -> None:
    form = _posted(composer=MessageRow("", "a"), dialect=RESPONSES)

    assert form.is_text
    assert _messages(form) == "a"


@pytest.mark.parametrize(
    ("rows", "composer"),
    [
        ([MessageRow("", "a")], MessageRow("user", "b")),
        ([MessageRow("", "a"), MessageRow("", "b")], MessageRow("user")),
        ([MessageRow("", "a")], MessageRow("", "b")),
        ([MessageRow("user", "a")], MessageRow("", "b")),
    ],
)
def test_a_text_among_others_gets_a_role(rows: list[MessageRow], composer: MessageRow) -> None:
    form = _posted(*rows, composer=composer, dialect=RESPONSES)

    assert _messages(form) == [{"role": "user", "content": text} for text in "ab"]
    assert not form.is_text


def test_a_message_without_a_role_is_sent_as_it_came() -> None:
    messages = [{"content": "nothing"}, {"role": "user", "content": "a"}]
    form = RequestForm.from_body("p", "", {"messages": messages})

    form.compose()

    assert _messages(form) == messages
