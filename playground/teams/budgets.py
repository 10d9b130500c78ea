"""Budgets of a team: which apply to a call, what is left of them, and why a call has no room."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from playground import amounts
from playground.calls.cost import used_usd, worst_usd
from playground.calls.estimate import used, was_sent, worst_parts
from playground.calls.ledger import ALL, NANO, Amount, Charge, FullError, Line, Rows, charge, rows_of
from playground.calls.metrics import count_warning
from playground.calls.models import Spent
from playground.database import in_turn
from playground.database.rows import lock, rows_with
from playground.exchange.record import Exchange
from playground.exchange.refusal import FieldProblem
from playground.exchange.request import Request
from playground.teams import bounds
from playground.teams.access import Person
from playground.teams.audit import note
from playground.teams.labels import name_of
from playground.teams.models import Budget, Kind, Membership, Period, Subject, Team
from playground.upstream.route import Route

_logger = logging.getLogger(__name__)

# Of a limit, in percent: then the team is told.
_NEARLY = 80
# The order in which budgets are asked, so that a person learns first what they can change least.
_ORDER = {subject: place for place, subject in enumerate(Subject.values)}


@dataclass(frozen=True, slots=True)
class Left:
    """A budget as one member has it: what is used of it in the current period, which ends at `ends`."""

    budget: Budget
    line: Line
    used: Amount
    ends: datetime

    @property
    def limits(self) -> Mapping[str, int]:
        return self.line.most

    def left(self, unit: str) -> int:
        return max(0, self.limits[unit] - int(getattr(self.used, unit)))

    @property
    def percent(self) -> int:
        """How much is used of the limit that is nearest to its end: 0 to 100."""
        shares = (100 * getattr(self.used, unit) // max(1, most) for unit, most in self.limits.items())
        return min(100, max(shares, default=0))

    @property
    def is_nearly_used(self) -> bool:
        return self.percent >= _NEARLY

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """For each limit its unit, what is left, and the limit, as people read them."""
        limits = self.limits.items()
        return [(unit, *rest_of(unit, self.left(unit), most)) for unit, most in limits]


class NoRoomError(Exception):
    """A budget has too little left for a call. `worst` is the most the call can use of `unit`."""

    def __init__(self, left: Left, unit: str, worst: int) -> None:
        super().__init__(f"{left.budget.account}: too few {unit} left")
        self.left, self.unit, self.worst = left, unit, worst


class NoLimitError(Exception):
    """Nobody knows the most that a call can use, because of these `problems`."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("the most that the call can use isn't known")
        self.problems = problems


class NoPriceError(Exception):
    """A budget in USD applies, and the model has no known price."""


@dataclass(frozen=True)
class Reservation:
    """What a call can use at most, charged to every budget that applies.

    It is a call by `member` or, without a person, by a reader of `embed`.
    """

    member: Membership
    embed: str
    applying: tuple[Left, ...]
    charged: Charge

    def settle(self, exchange: Exchange) -> None:
        """Charge what the call used, and note in the audit log what is nearly used up."""
        reserved = self.charged.amount
        tokens, usd = used(exchange, reserved.tokens), used_usd(exchange)
        # All that was reserved counts if nobody knows how much came.
        is_unknown = usd is None or tokens >= reserved.tokens
        nanousd = 0 if tokens == 0 else reserved.nanousd if is_unknown else nano(usd or Decimal(0))
        # The call's tally is written next.
        self.charged.settle(Amount(int(was_sent(exchange)), tokens, nanousd), self._warn, wait=False)

    def give_back(self) -> None:
        self.charged.settle(Amount())

    def _warn(self, rows: Rows) -> None:
        for now in _with(rows, self.applying):
            row = rows.get(now.line.key)
            if row and now.is_nearly_used and not row.warned:
                row.warned = True
                # The account may have been deleted since.
                person = get_user_model().objects.filter(pk=self.member.person_id).first()
                reader = {"embed": self.embed} if self.embed else {}
                _note(Kind.BUDGET_NEARLY_USED, now.budget, person, percent=now.percent, **reader)
                transaction.on_commit(count_warning)


def reserve(member: Membership, request: Request, route: Route, embed: str = "") -> Reservation | None:
    """Charge the most that a call can use to the budgets that apply; None if none does.

    With `embed`, a reader of that embed makes the call, and the `member` has no person.

    Raises `NoRoomError`, `NoLimitError`, `NoPriceError`, and `DatabaseError`.
    """
    model = request.demands.model
    applying = in_turn(lambda: list(applying_to(member, key_of(route), model)))
    if not applying:
        return None
    units = {unit for left in applying for unit in left.limits}
    prompt, completion = worst_parts(request)
    if units != {"calls"} and (problems := bounds.problems(request, in_usd="nanousd" in units)):
        _check_left(applying)
        raise NoLimitError(problems)
    usd = worst_usd(route.provider, route.endpoint.shown, model, prompt, completion)
    if usd is None and "nanousd" in units:
        _check_left(applying)
        raise NoPriceError
    amount = Amount(1, prompt + completion, nano(usd or Decimal(0)))
    return _charged(member, embed, applying, amount)


def count(member: Membership, request: Request, route: Route) -> Reservation | None:
    """Charge a call without tokens to the budgets that apply, as `reserve` does."""
    applying = in_turn(lambda: list(applying_to(member, key_of(route), request.demands.model)))
    return _charged(member, "", applying, Amount(1)) if applying else None


def _charged(member: Membership, embed: str, applying: Sequence[Left], amount: Amount) -> Reservation:
    try:
        charged = charge([left.line for left in applying], amount)
    except FullError as full:
        short = next(left for left in in_turn(lambda: _with_used(applying)) if left.line == full.line)
        raise NoRoomError(short, full.unit, getattr(amount, full.unit)) from full
    return Reservation(member, embed, tuple(applying), charged)


def _check_left(applying: Sequence[Left]) -> None:
    """If a budget is used up, say that first: no change of the request helps. Raises `NoRoomError`."""
    for left in in_turn(lambda: _with_used(applying)):
        for unit in left.limits:
            if not left.left(unit):
                raise NoRoomError(left, unit, 1)


def applying_to(member: Membership, key: str, model: str) -> Iterable[Left]:
    """Return the budgets that apply to a member's call with this key and model, the team's first.

    For readers of its embeds, who are no members, `member` has no person. `used` is not looked up.
    """
    named = {Subject.PERSON: str(member.person_id), Subject.KEY: key, Subject.MODEL: model, Subject.TEAM: ""}
    if member.person_id:
        named[Subject.EACH] = ""
    budgets = rows_with(Budget, ["team"], [(member.team_id,)])
    found = [b for b in budgets if named.get(Subject(b.subject)) == b.name]
    special = {b.period for b in found if b.subject == Subject.PERSON}
    found = [b for b in found if b.subject != Subject.EACH or b.period not in special]
    return (left_of(budget, member) for budget in sorted(found, key=lambda b: (_ORDER[b.subject], b.period)))


def left_for(member: Membership) -> list[Left]:
    """Return the budgets that apply to whatever a member sends: the team's and their own."""
    return _with_used(list(applying_to(member, "\0", "\0")))


def listed(member: Membership) -> list[Left]:
    """Return all budgets of the team with what is used of them: of each member’s, by this one."""
    found = member.team.budgets.select_related("person")
    budgets = sorted(found, key=lambda budget: (_ORDER[budget.subject], budget.name, budget.period))
    return _with_used([left_of(budget, member) for budget in budgets])


def nearly(listed: Iterable[Left], members: Sequence[Membership]) -> dict[int, list[Membership]]:
    """Return for each budget of each member the members who have nearly used it up, or quite."""
    each = {left.line.key[:2]: left for left in listed if left.budget.subject == Subject.EACH}
    accounts, days = zip(*each, strict=True) if each else ((), ())
    rows = Spent.objects.filter(account__in=accounts, day__in=days).exclude(who=ALL) if each else ()
    found: dict[int, list[Membership]] = {left.budget.pk: [] for left in each.values()}
    by_who = {f"p{member.person_id}": member for member in members}
    for row in rows:
        left, member = each.get((row.account, row.day)), by_who.get(row.who)
        if left and member and replace(left, used=_amount_of(row)).is_nearly_used:
            found[left.budget.pk].append(member)
    return found


@transaction.atomic
def put(
    team: Team,
    subject: str,
    period: str,
    name: str,
    limits: Mapping[str, int | Decimal | None],
    person: Person,
) -> None:
    """Set a budget, or the limits of the one that there is. `limits` has calls, tokens, and usd."""
    budget, _ = Budget.objects.update_or_create(
        team=team,
        subject=subject,
        period=period,
        name=name,
        defaults={**limits, "person_id": int(name) if subject == Subject.PERSON else None},
    )
    # What is told again is about the new limits.
    lock(spent := Spent.objects.filter(account=budget.account))
    spent.update(warned=False)
    told = {unit: str(most) for unit, most in limits.items() if most is not None}
    _note(Kind.BUDGET_SET, budget, person, period=period, **told)


@transaction.atomic
def remove(team: Team, number: int, person: Person) -> None:
    budget = team.budgets.filter(pk=number).first()
    if budget is None:
        return  # somebody else was faster
    _note(Kind.BUDGET_REMOVED, budget, person, period=budget.period)
    lock(spent := Spent.objects.filter(account=budget.account))
    spent.delete()
    budget.delete()


@transaction.atomic
def use_zone(team: Team, zone: str, person: Person) -> None:
    note(Kind.TIME_ZONE_CHANGED, team, person, zone, before=team.time_zone)
    team.time_zone = zone
    team.save(update_fields=["time_zone"])


def left_of(budget: Budget, member: Membership) -> Left:
    start, ends = _period(budget, member.team)
    usd = None if budget.usd is None else nano(budget.usd)
    limits = {"calls": budget.calls, "tokens": budget.tokens, "nanousd": usd}
    # Each member has a row of their own.
    who = f"p{member.person_id}" if budget.subject == Subject.EACH else ALL
    most = {unit: most for unit, most in limits.items() if most is not None}
    return Left(budget, Line(budget.account, start, who, most), Amount(), ends)


def _with_used(lefts: Sequence[Left]) -> list[Left]:
    return _with(rows_of(left.line for left in lefts), lefts)


def _with(rows: Rows, lefts: Sequence[Left]) -> list[Left]:
    found = [rows.get(left.line.key, Spent()) for left in lefts]
    return [replace(left, used=_amount_of(row)) for left, row in zip(lefts, found, strict=True)]


def _amount_of(row: Spent) -> Amount:
    return Amount(row.calls, row.tokens, row.nanousd)


def _period(budget: Budget, team: Team) -> tuple[date, datetime]:
    """Return the first day of the current period, and when the next one begins."""
    zone = ZoneInfo(team.time_zone)
    today = timezone.now().astimezone(zone).date()
    if budget.period == Period.DAY:
        start, following = today, today + timedelta(days=1)
    else:
        start = today.replace(day=1)
        following = (start + timedelta(days=32)).replace(day=1)
    return start, datetime.combine(following, time(), zone)


def key_of(route: Route) -> str:
    """Return the name under which a key has a budget: a team's own, or the operator's variable."""
    return route.teams_key or route.key_variable or ""


def nano(usd: Decimal) -> int:
    """Return billionths of a US dollar, rounded up."""
    return int((usd * NANO).to_integral_value(ROUND_CEILING))


def amount_of(unit: str, value: int) -> str:
    """Return an amount as people read it: `12,000`, `$4.20`."""
    return amounts.dollars(Decimal(value) / NANO) if unit == "nanousd" else amounts.count(value)


def rest_of(unit: str, rest: int, most: int) -> tuple[str, str]:
    """Return what is left of a limit, and the limit, with as many digits: `$0.0099`, `$0.0100`."""
    if unit != "nanousd":
        return amounts.count(rest), amounts.count(most)
    left, limit = Decimal(rest) / NANO, Decimal(most) / NANO
    places = amounts.places(left) if rest < most else amounts.places(Decimal(0))
    # Never more than there is.
    left = left.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)
    return f"${left:,.{places}f}", f"${limit:,.{places}f}"


def _note(kind: Kind, budget: Budget, person: Person | None, **details: object) -> None:
    note(kind, budget.team, person, name_of(budget), subject=budget.subject, **details)
