"""The pages about parameters and errors say what the code and the SDKs do."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.utils.translation import gettext, override

from playground import explanations
from playground.dialects import DIALECTS
from playground.dialects.chat_completions.request import ROLES
from playground.exchange.failure import FailureKind
from playground.exchange.parameter import Parameter
from playground.explanations.advice import CLOSED, FAILURES, STATUSES
from tests.docs.pages import docs, rows, section, twin

each_language = pytest.mark.parametrize("language", ["", "zh/"])


def _text(path: str) -> str:
    return docs().pages[path].source.text


# --- parameters ---

_PARAMETERS = "api/parameters.md"
_NAME, _RANGE, _DEFAULT = 1, 2, 3
# Parameters of Chat Completions without a field of their own in the form.
_OTHERS = (
    *("model", "messages", "stream", "stream_options", "response_format", "reasoning_effort"),
    *("tools", "tool_choice", "parallel_tool_calls", "logprobs", "top_logprobs", "logit_bias"),
)
each_parameter = pytest.mark.parametrize(
    ("api", "parameter"),
    [
        pytest.param(dialect.id, parameter, id=f"{dialect.id}-{parameter.name}")
        for dialect in DIALECTS.values()
        for parameter in dialect.parameters
    ],
)


def _parameter_rows(path: str) -> list[list[str]]:
    return [row for row in rows(_text(path)) if len(row) == 4 and row[0].startswith("**")]


def _row_of(path: str, api: str, name: str) -> list[str]:
    (row,) = [row for row in _parameter_rows(path) if f"`{name}`" in _said_of(row[_NAME], api)]
    return row


def _said_of(cell: str, api: str) -> str:
    """Return what a cell such as `0–2; Messages, Responses: 0–1` says of an API."""
    general = ""
    for part in re.split("[;；] ?", cell):
        names, colon, said = re.fullmatch("(?:([A-Z][^:：`]*)([:：]) ?)?(.*)", part).groups()  # type: ignore[union-attr]
        if not colon:
            general = said
        elif DIALECTS[api].label in re.split(", |、", names):
            return str(said)
    return general


def _numbers(text: str) -> list[str]:
    return re.findall(r"−?\d+(?:\.\d+)?", text.replace(",", ""))


def _code(text: str) -> list[str]:
    return re.findall("`([^`]+)`", text)


@each_language
@each_parameter
def test_each_parameter_is_told_with_its_range_and_default(
    language: str, api: str, parameter: Parameter
) -> None:
    row = _row_of(f"{language}{_PARAMETERS}", api, parameter.name)
    possible, default = _said_of(row[_RANGE], api), _said_of(row[_DEFAULT], api)

    choices = [str(choice).lower() for choice in parameter.choices]
    if choices:
        assert sorted(_code(possible)) == sorted(choices)
    else:
        assert _numbers(possible) == _numbers(parameter.range)
    if not parameter.default:
        assert default in ("required", "必填")
    elif parameter.default in choices:
        assert _code(default) == [parameter.default]
    else:
        assert (_numbers(default), _code(default)) == (_numbers(parameter.default), [])


@each_language
@pytest.mark.parametrize("name", _OTHERS)
def test_each_other_parameter_is_told(language: str, name: str) -> None:
    assert _row_of(f"{language}{_PARAMETERS}", "chat_completions", name)


def test_both_languages_tell_the_same_of_each_parameter() -> None:
    def facts(path: str) -> list[Any]:
        return [[(_code(cell), _numbers(cell)) for cell in row[1:]] for row in _parameter_rows(path)]

    assert facts(_PARAMETERS) == facts(twin(_PARAMETERS))


@each_language
def test_each_role_is_told(language: str) -> None:
    page = docs().pages[f"{language}api/chat-completions.md"]
    first = {row[0] for row in rows(section(page, "messages"))}

    assert {f"`{role}`" for role in ROLES} <= first


# --- errors ---

_ERRORS = "api/errors.md"


def _errors(path: str) -> Iterator[tuple[list[int], str, list[str]]]:
    """Yield the statuses, title and kinds of each row. A title's `HOST` is the host's name."""
    for row in rows(_text(path)):
        title = re.fullmatch(r"\*\*(.+)\*\* (`.+)", row[-2])
        if title:
            statuses = [int(status) for status in re.findall(r"\b\d{3}\b", row[0])] if len(row) > 2 else []
            yield statuses, title[1].replace("`HOST`", "%(host)s"), _code(title[2])


def _in_language(language: str, title: str) -> str:
    """Return a title as the product shows it, with typographic apostrophes."""
    with override("zh-hans" if language else "en"):
        return gettext(title).replace("'", "’")


@each_language
def test_each_kind_of_error_is_told(language: str) -> None:
    kinds = {str(kind) for kind in FAILURES} | {kind for kind, _, _ in STATUSES.values()}
    for file in Path(explanations.__path__[0]).glob("*.py"):
        made = r'(?:Explanation|_unusable|Diagnosis)\(\s*"(\w+)"'
        kinds |= set(re.findall(made, file.read_text(encoding="utf-8")))

    told = {kind for _, _, some in _errors(f"{language}{_ERRORS}") for kind in some}

    assert told == kinds


@each_language
def test_each_status_is_told_with_its_title_and_kind(language: str) -> None:
    told = {
        (status, title, kind)
        for statuses, title, kinds in _errors(f"{language}{_ERRORS}")
        for status in statuses
        for kind in kinds
    }

    assert told == {
        (status, _in_language(language, title), kind) for status, (kind, title, _) in STATUSES.items()
    }


@each_language
def test_each_failure_is_told_with_its_title_and_kind(language: str) -> None:
    failures = [(title, kind) for kind, (title, _) in FAILURES.items()]

    told = {(title, kind) for _, title, kinds in _errors(f"{language}{_ERRORS}") for kind in kinds}

    assert {
        (_in_language(language, title), str(kind))
        for title, kind in [*failures, (CLOSED[0], FailureKind.CUT_OFF)]
    } <= told


def test_each_title_is_one_that_the_product_shows() -> None:
    """In the product, each of them is translated."""
    for (_, title, _), (_, its, _) in zip(_errors(_ERRORS), _errors(twin(_ERRORS)), strict=True):
        shown = {_in_language("zh/", title), _in_language("zh/", title.replace("’", "'"))}
        assert its in shown, title
        assert its != title


# --- retries ---


@each_language
@pytest.mark.parametrize(("module", "client_name"), [("openai", "OpenAI"), ("anthropic", "Anthropic")])
def test_the_sdks_retry_the_statuses_that_are_told(language: str, module: str, client_name: str) -> None:
    sdk = importlib.import_module(module)  # here, as it takes seconds in each process that collects tests
    table = rows(section(docs().pages[f"{language}{_ERRORS}"], "retry"))
    retried = [int(status) for status in _numbers(table[2][1])]
    calls: list[int] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        calls.append(status := int(request.url.path.rpartition("/")[2]))
        return httpx2.Response(status, headers={"retry-after-ms": "1"}, json={})

    client = getattr(sdk, client_name)(
        api_key="key",
        max_retries=1,
        base_url="https://api.example.com",
        http_client=sdk.DefaultHttpxClient(transport=httpx2.MockTransport(answer)),
    )
    for status in {409, *STATUSES}:
        with pytest.raises(sdk.APIStatusError):
            client.models.retrieve(str(status))

    assert {status for status in calls if calls.count(status) == 2} == {
        status for status in calls if status in retried or status >= max(retried)
    }
