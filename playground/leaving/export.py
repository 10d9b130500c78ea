"""Everything of a team, or of a person, as one zip file: written while it is read, so memory is bounded."""

import json
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet

from playground.database import in_turn
from playground.embeds.models import Embed
from playground.history.export import line_of
from playground.keys.models import Key
from playground.people.models import Token, User
from playground.pinned.models import Attempt, Pin
from playground.prompts.models import Version
from playground.runs.models import Run
from playground.sharing.models import Comment, Link
from playground.teams.models import Event, Membership, Used

_PAGE = 500
# Of rows that may have a megabyte each.
_LARGE_PAGE = 10
_Row = TypeVar("_Row", bound=Model)
Files = Iterable[tuple[str, Iterable[bytes]]]

_OF_MEMBER = ("team", "person", "role", "joined")
_OF_INVITATION = ("email", "role", "made", "made_by", "expires", "used", "used_by", "withdrawn")
_OF_BUDGET = ("subject", "person", "name", "period", "calls", "tokens", "usd")
_OF_USE = (
    *("team", "day", "person", "embed", "key", "provider", "model", "calls", "failed", "stopped", "unpriced"),
    *("prompt_tokens", "completion_tokens", "nanousd"),
)
_OF_KEY = (
    *("team", "name", "provider", "base_url", "dialect", "auth", "tail", "fingerprint", "audience", "made"),
    *("made_by", "since", "ends", "off"),
)
_OF_TOKEN = ("name", "tail", "sends", "reads", "made", "expires", "used")
_OF_EVENT = ("team", "at", "actor", "kind", "about", "details")
_OF_PIN = ("team", "person", "name", "run", "checks", "every", "hour", "weekday", "made", "paused")
_OF_ATTEMPT = ("pin", "at", "outcome", "run", "model", "status", "total_ms", "failed")
_OF_VERSION = ("prompt", "number", "made", "person", "note", "saved")
_OF_LINK = ("run", "person", "made", "expires", "opened", "last_opened")
_OF_COMMENT = ("run", "person", "text", "made", "edited")
_OF_EMBED = tuple(field.name for field in Embed._meta.concrete_fields if field.name != "id")
_OF_RUN = (
    *("team", "key", "started", "person", "private", "starred", "tags", "parent", "provider", "host"),
    *("dialect", "model", "status", "error", "prompt_tokens", "completion_tokens", "cost_usd"),
)


def of_team(own: Membership) -> Files:
    """Yield the files of a team, with what a member sees: no private runs or keys of others."""
    team = own.team
    yield "team.json", [_line(team, ("name", "time_zone", "made", "runs_days", "runs_mib"))]
    yield "people.jsonl", _lines(team.members.select_related("person", "team"), _OF_MEMBER)
    yield (
        "invitations.jsonl",
        _lines(team.invitations.select_related("made_by", "used_by"), _OF_INVITATION),
    )
    yield "budgets.jsonl", _lines(team.budgets.select_related("person"), _OF_BUDGET)
    yield "usage.jsonl", _lines(team.used.select_related("person", "team"), _OF_USE)
    yield "keys.jsonl", _lines(Key.objects.shown_to(own).select_related("made_by", "team"), _OF_KEY)
    yield "audit.jsonl", _lines(team.events.select_related("team"), _OF_EVENT)
    yield "embeds.jsonl", _lines(team.embeds.select_related("team"), _OF_EMBED)
    runs, pins = Run.objects.within(own), Pin.objects.within(own)
    yield from _made(Version.objects.filter(prompt__team=team), pins, runs)
    yield from _runs(runs)


def of_person(person: User) -> Files:
    """Yield the files of a person, from all teams."""
    yield "account.json", [_line(person, ("email", "date_joined", "last_login"))]
    yield "teams.jsonl", _lines(person.memberships.select_related("person", "team"), _OF_MEMBER)
    used = Used.objects.filter(person=person).select_related("person", "team")
    yield "usage.jsonl", _lines(used, _OF_USE)
    keys = Key.objects.filter(member__person=person).select_related("made_by", "team")
    yield "keys.jsonl", _lines(keys, _OF_KEY)
    yield "tokens.jsonl", _lines(Token.objects.filter(member__person=person), _OF_TOKEN)
    events = Event.objects.filter(person=person).select_related("team")
    yield "audit.jsonl", _lines(events, _OF_EVENT)
    versions, pins = Version.objects.filter(person=person), Pin.objects.filter(person=person)
    yield from _made(versions, pins, person=person)
    yield from _runs(Run.objects.filter(person=person))


def _made(
    versions: QuerySet[Version],
    pins: QuerySet[Pin],
    runs: QuerySet[Run] | None = None,
    person: User | None = None,
) -> Files:
    """Yield what people made of requests and runs: what is about these runs, or by this person."""
    wanted = {"person": person} if runs is None else {"run__in": runs}
    yield "prompts.jsonl", _lines(versions.select_related("prompt", "person"), _OF_VERSION, _LARGE_PAGE)
    yield "pins.jsonl", _lines(pins.select_related("team", "person"), _OF_PIN)
    attempts = Attempt.objects.filter(pin__in=pins.order_by()).select_related("pin")
    yield "replays.jsonl", _lines(attempts, _OF_ATTEMPT)
    for name, model, columns in (("links", Link, _OF_LINK), ("comments", Comment, _OF_COMMENT)):
        rows: QuerySet[Any] = model.objects.filter(**wanted).select_related("run", "person")
        of_run = ("run__key", *(f"person__{field.name}" for field in User._meta.concrete_fields))
        yield f"{name}.jsonl", _lines(rows.only(*columns, *of_run), columns)


def _runs(runs: QuerySet[Run]) -> Files:
    listed = runs.only("pk", *_OF_RUN[1:], "team", "person").select_related("team", "person")
    yield "runs_list.jsonl", _lines(listed, _OF_RUN)
    yield "runs.jsonl", filter(None, map(line_of, _all(runs.only("pk", "key"))))


def _lines(rows: QuerySet[_Row], names: Iterable[str], size: int = _PAGE) -> Iterator[bytes]:
    return (_line(row, names) for row in _all(rows, size))


def _line(row: Model, names: Iterable[str]) -> bytes:
    shown = {name: _shown(getattr(row, name)) for name in names}
    return json.dumps(shown, ensure_ascii=False, cls=DjangoJSONEncoder).encode() + b"\n"


def _shown(value: Any) -> Any:
    if isinstance(value, Run):
        return value.key
    return str(value) if isinstance(value, Model) else value


def _all(rows: QuerySet[_Row], size: int = _PAGE) -> Iterator[_Row]:
    """Yield the rows, page by page: no connection is held while they are downloaded."""
    last = 0
    while page := in_turn(partial(_page, rows.filter(pk__gt=last), size)):
        yield from page
        last = page[-1].pk


def _page(rows: QuerySet[_Row], size: int) -> list[_Row]:
    return list(rows.order_by("pk")[:size])


class _Sink:
    """What a zip file is written to: it gives what has come since it was last asked."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def zipped(files: Files, now: Callable[[], float] = time.time) -> Iterator[bytes]:
    """Yield a zip file of these files."""
    sink, at = _Sink(), time.gmtime(now())[:6]
    with zipfile.ZipFile(sink, "w") as archive:  # type: ignore[call-overload]  # it needs no more than this
        for name, lines in files:
            entry = zipfile.ZipInfo(name, at)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                for line in lines:
                    file.write(line)
                    if data := sink.take():
                        yield data
    yield sink.take()
