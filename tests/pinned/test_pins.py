"""Pinned runs: what is pinned is replayed when it is due, once, and what the checks find is kept."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from playground.people.models import User, taken_over
from playground.pinned import pinning, replaying, turns
from playground.pinned.asked import Asked
from playground.pinned.models import Attempt, Every, Outcome, Pin
from playground.pinned.replaying import MOST_ATTEMPTS, replay
from playground.runs import keep
from playground.runs.models import Hold, Run
from playground.runs.tidy import MIB, forget, tidy
from playground.teams import people
from playground.teams.models import Kind, Membership, Role, Team
from tests.at_once import in_threads
from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer
from tests.web.client import post_json

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

CHECKS = {"status": "", "contains": "Hello"}


@pytest.fixture(autouse=True)
def _runs_are_on() -> None:
    configure(PLAYGROUND_RUNS="1")
    forget()


@pytest.fixture
def run(client: Client) -> Run:
    return Run.objects.get(key=post_json(client).json()["id"])


def _pin(run: Run, member: Membership | None = None, **changes: Any) -> Pin:
    asked = {"name": "Greeting", "checks": CHECKS, "every": Every.HOUR, "hour": 0, "weekday": 0}
    return pinning.make(run, Asked(**asked | changes), member)


def _in(hours: float) -> Callable[[], datetime]:
    at = timezone.now() + timedelta(hours=hours)
    return lambda: at


def _outcomes(pin: Pin) -> list[str]:
    """Return what came of each replay, the first first."""
    return [*pin.attempts.order_by("pk").values_list("outcome", flat=True)]


def test_a_pin_that_is_due_is_replayed_once_however_late(run: Run, upstream: ScriptedUpstream) -> None:
    pin, bodies = _pin(run), [request.body for request in upstream.requests]
    for hours in (0.5, 9.5, 9.6):
        turns.replay_due(_in(hours))

    assert [request.body for request in upstream.requests] == bodies * 2
    attempt = pin.attempts.get()
    assert (attempt.outcome, attempt.model, attempt.status) == (Outcome.PASSED, "m", 200)
    assert Run.objects.get(key=attempt.run).parent == run.key
    pin.refresh_from_db()
    assert pin.busy is None
    assert pin.due is not None
    assert timedelta(hours=10) < pin.due - timezone.now() < timedelta(hours=11)


def test_of_many_schedulers_one_replays_it(run: Run, upstream: ScriptedUpstream) -> None:
    pins = [_pin(run, name=str(number)) for number in range(3)]
    upstream.forget()

    in_threads(4, lambda _: turns.replay_due(_in(2)))

    assert [_outcomes(pin) for pin in pins] == [[Outcome.PASSED]] * 3
    assert len(upstream.requests) == 3


def test_a_replay_under_way_is_not_begun_again_unless_it_was_lost(run: Run) -> None:
    pin, now = _pin(run), timezone.now()
    long = timedelta(seconds=3 * settings.LIMITS.exchange_seconds)

    assert turns.claim(pin, now)
    assert not turns.claim(pin, now)
    assert turns.claim(pin, now + long)
    Pin.objects.update(due=now)
    assert not turns.claim(pin, now + 2 * long), "it was due at another time"


@pytest.mark.parametrize("before", ["_send", "judge", "noted", ""])
def test_a_replay_whose_process_was_ended_is_taken_up_again(
    run: Run, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    pin = _pin(run, every=Every.WEEK)
    Pin.objects.update(due=timezone.now())
    upstream.forget()
    with monkeypatch.context() as ended:
        ended.setattr(turns, "_end", lambda *_: None)
        if before:
            ended.delattr(replaying, before)
        turns.replay_due()
    turns.replay_due()
    assert _outcomes(pin) == ([] if before else [Outcome.PASSED]), "it may still be under way"
    turns.replay_due(_in(1))

    assert _outcomes(pin) == [Outcome.PASSED]
    assert len(upstream.requests) == 1, "it was paid for once"
    pin.refresh_from_db()
    assert pin.busy is None
    assert pin.due is not None
    assert pin.due > timezone.now()


def test_what_changed_is_said(run: Run, upstream: ScriptedUpstream, client: Client) -> None:
    pin = _pin(run)
    for answer in (
        completion("Goodbye!"),
        json_answer({"error": {"message": "no"}}, 503),
        completion("Hello!"),
    ):
        upstream.reply(answer)
        client.post(f"/pinned/{pin.pk}/change/", {"change": "run"})

    assert [(a.outcome, a.failed, a.broke) for a in pin.attempts.order_by("pk")] == [
        (Outcome.FAILED, ["contains"], True),
        (Outcome.FAILED, ["status", "contains"], False),
        (Outcome.PASSED, [], False),
    ]
    page = client.get(f"/pinned/{pin.pk}/").content.decode()
    assert "contains “Hello”; received “Goodbye!”." in page
    assert "Expected status 200; received 503, " in page
    assert f"/runs/compare/?run={run.key}" in page
    assert "✓ Passed" in client.get("/pinned/").content.decode()
    assert "Pinned as" in client.get(f"/runs/{run.key}/").content.decode()


def test_another_answer_can_become_the_pinned_one(
    run: Run, upstream: ScriptedUpstream, client: Client
) -> None:
    pin = _pin(run, checks={"equals": ""})
    upstream.reply(completion("Good day!"))
    for do in ({"change": "run"}, {"change": "accept"}, {"change": "run"}):
        latest = pin.attempts.first()
        client.post(f"/pinned/{pin.pk}/change/", {**do, "attempt": latest.pk if latest else ""})

    assert _outcomes(pin) == [Outcome.FAILED, Outcome.PASSED]
    assert Hold.objects.get().run != run.key


def test_a_pinned_run_is_never_tidied_away(run: Run) -> None:
    pin = _pin(run)
    Run.objects.update(started=timezone.now() - timedelta(days=9999), size=2 * MIB)
    configure(PLAYGROUND_RUNS_MIB="1")
    tidy()
    assert Run.objects.filter(key=run.key).exists()

    pinning.delete(pin, None)
    tidy()
    assert not Run.objects.exists()


def test_its_history_is_bounded_and_quotes_no_run_that_is_gone(run: Run) -> None:
    pin = _pin(run)
    Attempt.objects.bulk_create(
        Attempt(pin=pin, at=timezone.now(), outcome=Outcome.PASSED, run="gone", verdicts=[{}])
        for _ in range(MOST_ATTEMPTS + 5)
    )
    replay(pin, None)

    assert pin.attempts.count() == MOST_ATTEMPTS
    assert pin.attempts.exclude(verdicts=[]).count() == 1


def test_without_its_run_or_a_key_nothing_is_sent(
    run: Run, upstream: ScriptedUpstream, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = _pin(run)
    monkeypatch.delenv("TEST_API_KEY")
    upstream.forget()

    page = client.get(f"/runs/{run.key}/pin/").content.decode()
    assert "Enter an API key for Test." in page
    assert '<option value="day" selected>' in page
    turns.replay_due(_in(2))
    assert _outcomes(pin) == [Outcome.UNSENT]
    assert "Enter an API key for Test." in client.get(f"/pinned/{pin.pk}/").content.decode()

    keep.forget([run.key])
    assert "The pinned run was deleted." in client.get(f"/pinned/{pin.pk}/").content.decode()
    turns.replay_due(_in(4))
    pin.refresh_from_db()
    assert "was deleted" in str(pin.reason)
    assert not upstream.requests


def test_a_program_that_runs_for_days_takes_other_pins_if_one_breaks(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = _pin(run, checks={"seconds": "x"}), _pin(run, name="sound")
    turns.replay_due(_in(2))

    assert (_outcomes(broken), _outcomes(sound)) == ([], [Outcome.PASSED])
    assert f"The pin {broken.pk} was not replayed" in caplog.text
    broken.refresh_from_db()
    assert broken.busy is None


def test_without_accounts_a_run_of_a_team_can_be_pinned(run: Run, client: Client) -> None:
    Run.objects.update(team=people.make_team("One", None))

    client.post(f"/runs/{run.key}/pin/", {"name": "Greeting", "check": "status", "every": Every.NEVER})
    pin = Pin.objects.get()
    client.post(f"/pinned/{pin.pk}/change/", {"change": "run"})

    assert _outcomes(pin) == [Outcome.PASSED]


# --- teams ---


@pytest.fixture
def team() -> Team:
    configure(PLAYGROUND_ACCOUNTS="1")
    return people.make_team("One", None)


def _member(team: Team, name: str = "one", role: Role = Role.MEMBER) -> Membership:
    person = User.objects.create(username=name, email=f"{name}@example.org")
    return Membership.objects.create(team=team, person=person, role=role)


@pytest.fixture
def teams_run(run: Run, team: Team) -> Run:
    Run.objects.update(team=team)
    run.refresh_from_db()
    return run


def test_a_replay_is_made_for_who_pinned_it(teams_run: Run, team: Team, upstream: ScriptedUpstream) -> None:
    member = _member(team)
    pin = _pin(teams_run, member)
    upstream.reply(completion("Goodbye!"))
    turns.replay_due(_in(2))

    replayed = Run.objects.get(key=pin.attempts.get().run)
    assert (replayed.team_id, replayed.person_id) == (team.pk, member.person_id)
    assert team.used.get().calls == 1
    event = team.events.get(kind=Kind.PIN_FAILED)
    assert (event.about, event.details) == ("Greeting", {"checks": "contains"})


def test_a_budget_that_is_used_up_keeps_it_from_being_sent(teams_run: Run, team: Team) -> None:
    pin = _pin(teams_run, _member(team))
    team.budgets.create(subject="team", period="day", calls=0)
    turns.replay_due(_in(2))

    attempt = pin.attempts.get()
    assert attempt.outcome == Outcome.UNSENT
    assert "budget" in str(attempt.reason)


@pytest.mark.parametrize("gone", ["left", "inactive", "viewer", "deleted"])
def test_a_pin_of_who_may_not_send_pauses(
    teams_run: Run, team: Team, gone: str, upstream: ScriptedUpstream
) -> None:
    member, heir = _member(team), _member(team, "two")
    pin = _pin(teams_run, member)
    match gone:
        case "left":
            member.delete()
        case "inactive":
            User.objects.filter(pk=member.person_id).update(is_active=False)
        case "viewer":
            team.members.filter(pk=member.pk).update(role=Role.VIEWER)
        case "deleted":
            member.person.delete()
    upstream.forget()
    for hours in (2, 4):
        turns.replay_due(_in(hours))

    pin.refresh_from_db()
    assert pin.paused
    assert "An admin can take the pin over" in str(pin.reason)
    assert not upstream.requests
    assert team.events.filter(kind=Kind.PIN_PAUSED).count() == 1

    pinning.take_over(pin, heir)
    turns.replay_due(_in(6))
    assert _outcomes(pin) == [Outcome.PASSED]


def test_a_pin_of_a_private_run_is_its_persons(teams_run: Run, team: Team) -> None:
    own, other = _member(team), _member(team, "two", Role.OWNER)
    Run.objects.update(private=True, person=own.person)
    teams_run.refresh_from_db()
    pin = _pin(teams_run, own)

    keep.forget([teams_run.key])

    assert [*Pin.objects.within(own)] == [pin]
    assert not Pin.objects.within(other).exists()
    assert not Pin.objects.within(None).exists()


def test_an_account_that_is_taken_over_replays_nothing(teams_run: Run, team: Team) -> None:
    member = _member(team)
    pin = _pin(teams_run, member)

    taken_over.send(User, person=member.person)
    turns.replay_due(_in(25))

    pin.refresh_from_db()
    assert pin.paused
    assert not pin.attempts.exists()
