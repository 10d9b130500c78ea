"""Make, change, pause, take over, and delete pins. Each change is in the audit log of the team."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from playground.pinned.asked import Asked
from playground.pinned.models import Attempt, Pin
from playground.pinned.schedule import next_due
from playground.pinned.telling import stored
from playground.runs.models import Hold, Run
from playground.teams.access import Person
from playground.teams.audit import note
from playground.teams.models import Kind, Membership
from playground.text.sentence import Sentence


@transaction.atomic
def make(run: Run, asked: Asked, member: Membership | None) -> Pin:
    """Pin a run. Its replays are made for the member, and retention leaves it alone."""
    pin = Pin(
        run=run.key,
        team=member.team if member else None,
        person_id=member.person_id if member else None,
        private=run.private,
    )
    _set(pin, asked)
    pin.save()
    Hold.objects.create(run=run.key, holder=pin.holder)
    _note(Kind.RUN_PINNED, pin, member, run=run.short, checks=", ".join(pin.checks), every=pin.every)
    return pin


@transaction.atomic
def change(pin: Pin, asked: Asked, member: Membership | None) -> None:
    _set(pin, asked)
    pin.save(update_fields=["name", "checks", "every", "hour", "weekday", "due"])
    _note(Kind.PIN_CHANGED, pin, member, checks=", ".join(pin.checks), every=pin.every)


def _set(pin: Pin, asked: Asked) -> None:
    pin.name, pin.checks = asked.name, dict(asked.checks)
    if pin.pk and pin.due and (pin.every, pin.hour, pin.weekday) == (asked.every, asked.hour, asked.weekday):
        return
    pin.every, pin.hour, pin.weekday = asked.every, asked.hour, asked.weekday
    pin.due = next_due(pin, timezone.now())


@transaction.atomic
def accept(pin: Pin, attempt: Attempt, member: Membership | None) -> bool:
    """Make the run of an attempt the pinned one. Returns False if it is gone, or another's private one."""
    run = Run.objects.filter(key=attempt.run, team=pin.team_id).first()
    if run is None or (run.private and run.person_id != pin.person_id):
        return False
    Pin.objects.filter(pk=pin.pk).update(run=attempt.run, private=run.private)
    Hold.objects.update_or_create(holder=pin.holder, defaults={"run": attempt.run})
    _note(Kind.PIN_CHANGED, pin, member, run=attempt.run[:8])
    return True


@transaction.atomic
def pause(pin: Pin, member: Membership | None, why: Sentence | None = None) -> None:
    """Pause a pin; without a member, nobody did it, and `why` says why it was done."""
    paused = {"paused": timezone.now(), "why": stored(why) if why else None}
    if Pin.objects.filter(pk=pin.pk, paused=None).update(**paused):
        _note(Kind.PIN_PAUSED, pin, member)


@transaction.atomic
def resume(pin: Pin, member: Membership | None) -> None:
    """Resume a pin. What it missed is not caught up with."""
    due = next_due(pin, timezone.now())
    if Pin.objects.filter(pk=pin.pk).exclude(paused=None).update(paused=None, why=None, due=due):
        _note(Kind.PIN_RESUMED, pin, member)


@transaction.atomic
def take_over(pin: Pin, member: Membership) -> None:
    """Have the replays of a pin made for the member from now on: nobody else can say so."""
    due = next_due(pin, timezone.now()) if pin.paused else pin.due
    Pin.objects.filter(pk=pin.pk).update(person=member.person_id, paused=None, why=None, due=due)
    _note(Kind.PIN_TAKEN_OVER, pin, member)


@transaction.atomic
def delete(pin: Pin, member: Membership | None) -> None:
    """Delete a pin and its history; its runs stay, and retention applies to them again."""
    _note(Kind.PIN_DELETED, pin, member)
    Hold.objects.filter(holder=pin.holder).delete()
    pin.delete()


def _note(kind: Kind, pin: Pin, member: Membership | None, **details: Any) -> None:
    if pin.team:
        person: Person | None = member.person if member else None
        note(kind, pin.team, person, pin.name, **details)
