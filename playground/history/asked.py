"""Read a search of the list of runs, from a form or from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest

from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.fields import object_in
from playground.forms.incoming import flag_in, text_or_none
from playground.runs.search import Query
from playground.text.sentence import gettext_noop, say

# Years that Python and both databases can hold in any time zone.
_YEARS = range(1900, 3000)
_LONGEST = 300


@dataclass(frozen=True)
class Asked:
    """A search. `values` are the fields as entered; `before` is the `Found.more` of the page before."""

    values: Mapping[str, str]
    query: Query
    before: int | None


def read(request: HttpRequest) -> Asked:
    """Read a search. Raises `InvalidRequestError`."""
    values = _from_json(request.body) if request.content_type == "application/json" else request.POST.dict()
    values = {name: str(value)[:_LONGEST].strip() for name, value in values.items()}
    query = Query(
        **{name: values.get(name, "") for name in ("text", "model", "provider", "status", "tag")},
        starred=bool(values.get("starred")),
        since=_instant(values, "since"),
        until=_instant(values, "until", days=1),
    )
    return Asked(values, query, _number(values, "before"))


def _from_json(data: bytes) -> dict[str, str]:
    wanted = say(gettext_noop("The body must be a JSON object with what to search for."))
    values = object_in(data, "body", wanted)
    before = values.get("before")
    known = {
        "starred": "on" if flag_in(values, "starred", otherwise=False) else "",
        "before": str(before) if isinstance(before, int) else text_or_none(values, "before") or "",
    }
    return {name: known[name] if name in known else text_or_none(values, name) or "" for name in values}


def _instant(values: Mapping[str, str], name: str, *, days: int = 0) -> datetime | None:
    """Read a time, or a day in UTC as its beginning plus `days`."""
    text = values.get(name, "")
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
        if when.year not in _YEARS:
            raise ValueError(when.year)
    except ValueError as error:
        sentence = say(gettext_noop("Enter a date such as 2026-01-31."))
        raise InvalidRequestError(FieldProblem(name, sentence)) from error
    is_day = len(text) <= len("2026-01-31")  # also 20260131 and 2026-W05-6
    # In UTC, because PostgreSQL takes no offset of more than 15:59.
    return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC) + timedelta(days=days if is_day else 0)


def _number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidRequestError(
            FieldProblem(name, say(gettext_noop("Use the value of before from the previous response.")))
        )
    return int(text)
