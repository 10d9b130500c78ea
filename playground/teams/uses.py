"""The rows that calls are counted in: what was used, and how long it took."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from playground.database.rows import rows_with, save_each
from playground.teams.latency import bucket_of
from playground.teams.models import Timed, Used

# In place of the models that a person uses on a day beyond the first ones: anybody can make up names.
OTHER = "*"
_MOST_MODELS = 40

Counts = dict[str, int]
_NAMES = ("team", "day", "person", "embed", "key", "provider", "model")
_COUNTED = ("calls", "failed", "stopped", "unpriced", "prompt_tokens", "completion_tokens", "nanousd")


class Of(NamedTuple):
    """Whose row a call is counted in: the ids of a team and a person, and so on."""

    team: int
    day: date
    person: int | None
    embed: str
    key: str
    provider: str
    model: str

    @property
    def is_nobodys(self) -> bool:
        """Whether the account is deleted. There is any number of such rows."""
        return self.person is None and not self.embed


@dataclass(frozen=True, slots=True)
class Use:
    """What a call adds. `took`: its milliseconds, and those to the first token, if it ended well."""

    of: Of
    counts: Counts
    took: tuple[float, float | None] | None

    def of_nobody(self) -> "Use":
        return replace(self, of=self.of._replace(person=None))


def store(uses: Sequence[Use]) -> list[None]:
    """Count calls, within a transaction."""
    rows = _rows([use.of for use in uses])
    for use, row in zip(uses, rows, strict=True):
        for name, count in use.counts.items():
            setattr(row, name, getattr(row, name) + count)
    save_each({row.pk: row for row in rows}.values(), _COUNTED)
    # Always after that: no two calls hold a row that the other one waits for.
    _time([(row, use.took) for use, row in zip(uses, rows, strict=True) if use.took])
    return [None] * len(uses)


def _rows(wanted: Sequence[Of]) -> list[Used]:
    """Lock the row of each, or make it, in one order."""
    found = _locked({of for of in wanted if not of.is_nobodys})
    rows = {row.pk: row for row in found.values()}
    for of in sorted(set(wanted) - found.keys(), key=str):
        row = _made(of)
        found[of] = rows.setdefault(row.pk, row)  # `OTHER` is the row of several models
    return [found[of] for of in wanted]


def _locked(wanted: Collection[Of]) -> dict[Of, Used]:
    return {_of(row): row for row in rows_with(Used, _NAMES, wanted, lock=True)}


def _of(row: Used) -> Of:
    return Of(row.team_id, row.day, row.person_id, row.embed, row.key, row.provider, row.model)


def _made(of: Of) -> Used:
    whose: dict[str, Any] = {"team_id": of.team, "day": of.day, "person_id": of.person, "embed": of.embed}
    known = set(Used.objects.filter(**whose).values_list("model", flat=True).distinct())
    whose |= {"key": of.key, "provider": of.provider}
    whose["model"] = of.model if of.model in known or len(known) < _MOST_MODELS else OTHER
    if of.is_nobodys:
        return Used.objects.create(**whose)
    row, _ = Used.objects.select_for_update().get_or_create(**whose)
    return row


def _time(timed: Sequence[tuple[Used, tuple[float, float | None]]]) -> None:
    wanted = {(of.team_id, of.day, of.model) for of, _ in timed}
    found = rows_with(Timed, ("team", "day", "model"), wanted, lock=True)
    rows = {(row.team_id, row.day, row.model): row for row in found}
    for team, day, model in sorted(wanted - rows.keys()):
        rows[team, day, model], _ = Timed.objects.select_for_update().get_or_create(
            team_id=team, day=day, model=model
        )
    for of, took in timed:
        row = rows[of.team_id, of.day, of.model]
        for counts, milliseconds in zip((row.total, row.first), took, strict=True):
            if milliseconds is not None:
                counts[bucket_of(milliseconds)] += 1
    save_each(rows.values(), ("total", "first"))
