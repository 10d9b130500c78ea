"""What a team used, by day, person, model, key, or provider, and how long its calls took."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import add
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from playground.teams.budgets import amount_of
from playground.teams.latency import nothing, percentile
from playground.teams.models import Team, Timed, Used


class By(models.TextChoices):
    """What sums are shown for."""

    DAY = "day", _("Day")
    PERSON = "person", _("Person")
    MODEL = "model", _("Model")
    KEY = "key", _("Key")
    PROVIDER = "provider", _("Provider")


class Sums(NamedTuple):
    """What is added up; the names are the columns of `Used`."""

    calls: int = 0
    failed: int = 0
    stopped: int = 0
    unpriced: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    nanousd: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def usd(self) -> str:
        """The cost as people read it, not 0 if no price is known."""
        return "–" if self.unpriced and not self.nanousd else amount_of("nanousd", self.nanousd)

    @property
    def failed_percent(self) -> float:
        return 100 * self.failed / self.calls if self.calls else 0.0


COLUMNS = Sums._fields
# Of a row of the export, before its sums.
PLACE = ("day", "person", "key", "provider", "model")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a team's usage: from the first day to the last, of one person or of all."""

    team: Team
    first: date
    last: date
    person: int | None = None

    @property
    def rows(self) -> QuerySet[Used]:
        rows = Used.objects.filter(team=self.team, day__range=(self.first, self.last))
        return rows if self.person is None else rows.filter(person_id=self.person)


@dataclass(frozen=True, slots=True)
class Times:
    """How long the successful calls to a model took, in milliseconds; None if none had that."""

    model: str
    calls: int
    p50: float | None
    p95: float | None
    first_p50: float | None
    first_p95: float | None


def sums_by(by: By, asked: Asked) -> dict[Any, Sums]:
    """Return the sums for each day, the latest first, or person's number, model, …, the dearest first.

    Readers of an embed are listed among the persons, by the embed's name.
    """
    # `values` would take a sum for the column of the same name.
    sums = {f"sum_{column}": Sum(column) for column in COLUMNS}
    if by == By.PERSON:
        by_both = asked.rows.order_by().values_list("person_id", "embed").annotate(**sums)
        lines = [(embed or person, Sums(*numbers)) for person, embed, *numbers in by_both]
    else:
        found = asked.rows.order_by().values_list(by.value).annotate(**sums)
        lines = [(value, Sums(*numbers)) for value, *numbers in found]
    if by == By.DAY:
        return dict(sorted(lines, reverse=True))
    return dict(sorted(lines, key=lambda line: (*_weight(line[1]), str(line[0]))))


def total_of(sums: Iterable[Sums]) -> Sums:
    return Sums(*map(sum, zip(*sums, strict=True)))


def _weight(sums: Sums) -> tuple[int, int, int]:
    return -sums.nanousd, -sums.tokens, -sums.calls


def times(asked: Asked) -> list[Times]:
    """Return how long the team's calls took: all together, then by model, the most called first.

    Times are not kept by person; for one person, those of the models that they used count.
    """
    rows = Timed.objects.filter(team=asked.team, day__range=(asked.first, asked.last))
    if asked.person is not None:
        rows = rows.filter(model__in=asked.rows.values("model"))
    found: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: (nothing(), nothing()))
    for model, total, first in rows.order_by().values_list("model", "total", "first"):
        totals, firsts = found[model]
        totals[:], firsts[:] = map(add, totals, total), map(add, firsts, first)
    by_model = sorted((_times(model, *counts) for model, counts in found.items()), key=lambda t: -t.calls)
    everything = (list(map(sum, zip(*counts, strict=True))) for counts in zip(*found.values(), strict=True))
    return [_times("", *everything), *by_model] if by_model else []


def _times(model: str, total: list[int], first: list[int]) -> Times:
    quantiles = [percentile(counts, percent) for counts in (total, first) for percent in (50, 95)]
    return Times(model, sum(total), *quantiles)


def people_of(numbers: Collection[int]) -> dict[int, str]:
    """Return what people are called, by their numbers."""
    return {number: str(person) for number, person in get_user_model().objects.in_bulk(numbers).items()}


def lines(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Yield each row: what `PLACE` and `COLUMNS` name, the person by number, or the name of an embed."""
    names = ("day", "person_id", "embed", "key", "provider", "model")
    for day, person, embed, *rest in asked.rows.order_by(*names).values_list(*names, *COLUMNS).iterator():
        yield day, embed or person, *rest
