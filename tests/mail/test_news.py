"""News of a team by mail: who gets them, once, and what happens when the server is away."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.mail import letters, news
from playground.mail.models import Told
from playground.people.models import User
from playground.teams.audit import note
from playground.teams.models import Event, Kind, Membership, Role, Team
from tests.configuration import configure
from tests.mail.server import Box, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    with receiving() as box:
        monkeypatch.setenv("SSL_CERT_FILE", box.authority)
        configure(PLAYGROUND_MAIL_URL=box.url)
        yield box


@pytest.fixture
def team() -> Team:
    team = Team.objects.create(name="Research")
    for role in Role.values:
        person = User.objects.create(username=role, email=f"{role}@example.org")
        Membership.objects.create(team=team, person=person, role=role)
    return team


def _used(team: Team, *, minutes: float = 2) -> None:
    note(Kind.BUDGET_NEARLY_USED, team, None, "the whole team", percent=83)
    then = timezone.now() - timedelta(minutes=minutes)
    Event.objects.filter(pk=Event.objects.latest("pk").pk).update(at=then)


def test_admins_and_owners_are_told_once_in_both_languages(box: Box, team: Team) -> None:
    _used(team)  # before mail was turned on
    news.tell()
    User.objects.filter(username="owner").update(is_active=False)
    _used(team)
    note(Kind.KEY_USED, team, None, "sk-…")

    for _ in range(3):
        news.tell()

    (addresses, told), *others = box.mails
    assert others == []
    assert addresses == ["admin@example.org"]
    assert told["Subject"] == "Research · API Playground"
    assert told["From"] == "playground@localhost"
    assert told.get_content().split("\r\n\r\n") == [
        "The budget for the whole team is used to 83%.",
        "预算“the whole team”已用 83%。\r\n",
    ]


def test_of_a_budget_for_each_member_it_says_whose_it_is(box: Box, team: Team) -> None:
    news.tell()
    note(Kind.BUDGET_NEARLY_USED, team, User.objects.get(username="member"), subject="each", percent=83)
    Event.objects.update(at=timezone.now() - timedelta(minutes=2))
    news.tell()

    ((_, told),) = box.mails
    assert told.get_content().split("\r\n\r\n") == [
        "member@example.org has used 83% of the budget for each member.",
        "member@example.org 已用“每位成员”预算的 83%。\r\n",
    ]


def test_a_pinned_run_that_begins_to_fail_is_news(box: Box, team: Team) -> None:
    news.tell()
    note(Kind.PIN_FAILED, team, None, "Greeting")
    Event.objects.update(at=timezone.now() - timedelta(minutes=2))
    news.tell()

    ((addresses, told),) = box.mails
    assert addresses == ["admin@example.org", "owner@example.org"]
    assert "The pinned run Greeting fails its checks." in told.get_content()


def test_what_the_server_does_not_take_now_is_tried_again_for_a_day(box: Box, team: Team) -> None:
    news.tell()
    _used(team)
    box.says = "451 Try again later"
    news.tell()
    assert box.mails == []

    box.says = ""
    _used(team)
    news.tell()
    assert len(box.mails) == 2

    box.says = "451 Try again later"
    _used(team, minutes=24 * 60 + 1)
    news.tell()
    box.says = ""
    news.tell()
    assert len(box.mails) == 2


def test_two_schedulers_tell_it_once(box: Box, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    news.tell()
    for _ in range(3):
        _used(team)
    send = news.letters.send

    def send_while_another_tells(*mail: Any) -> letters.Sent:
        monkeypatch.setattr(news.letters, "send", send)
        news.tell()
        return send(*mail)

    monkeypatch.setattr(news.letters, "send", send_while_another_tells)
    news.tell()

    assert len(box.mails) == 3


def test_what_is_refused_for_good_holds_up_nothing(box: Box, team: Team) -> None:
    news.tell()
    _used(team)
    box.says = "554 No"
    news.tell()
    box.says = ""
    _used(team)
    news.tell()

    assert len(box.mails) == 1


def test_without_a_server_nothing_is_sent(team: Team) -> None:
    _used(team)
    news.tell()
    _used(team)
    news.tell()
    assert not Told.objects.exists()
