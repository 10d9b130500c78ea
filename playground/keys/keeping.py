"""Keep keys: add, replace, share, turn off, delete. Each change is noted in the audit log with it.

Callers check with `teams.access` who may do so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from playground.catalogue.providers import LOCAL_MODEL, catalogue, dialect_of
from playground.exchange.call import AUTHS
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.keys import sealing
from playground.keys.models import Audience, Key
from playground.teams.access import Person
from playground.teams.audit import note
from playground.teams.models import Kind, Membership, Team
from playground.text import typed_key
from playground.text.endpoint import BaseURLError, Endpoint
from playground.text.redact import SHORTEST_SECRET
from playground.text.sentence import gettext_noop, say

# Of shorter keys, four characters would tell too much.
_SHORTEST_WITH_TAIL = 20
# Of a team and of each person in it: a page lists them all.
_MOST = 100
_MOST_MODELS, _LONGEST_MODEL, _MOST_DIGITS = 50, 200, 9


@dataclass(frozen=True)
class Place:
    """What a key is for: a provider or, if that is "", a base URL; and the origins that it may be sent to."""

    provider: str
    base_url: str
    dialect: str
    auth: str
    origins: frozenset[str]


@dataclass(frozen=True)
class Limits:
    """What a call with a key may ask for: one of `models`, if there are any, and so many tokens at most."""

    models: tuple[str, ...] = ()
    most_tokens: int | None = None


NO_LIMITS = Limits()


def limits_of(models: str, most_tokens: str) -> Limits:
    """Return the limits that a form names: models by commas or lines. Raises `InvalidRequestError`."""
    names = tuple(dict.fromkeys(filter(None, map(str.strip, models.replace(",", "\n").splitlines()))))
    if len(names) > _MOST_MODELS or any(len(name) > _LONGEST_MODEL or "\0" in name for name in names):
        sentence = say(gettext_noop("Enter at most %(most)s models."), most=_MOST_MODELS)
        raise InvalidRequestError(FieldProblem("only_models", sentence))
    typed = most_tokens.strip()
    if not typed:
        return Limits(names)
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS and int(typed)):
        sentence = say(gettext_noop("Enter a whole number above 0, or nothing for no limit."))
        raise InvalidRequestError(FieldProblem("most_tokens", sentence))
    return Limits(names, int(typed))


def place_of(provider: str, base_url: str, dialect: str, auth: str) -> Place:
    """Return the place that a form names. Raises `InvalidRequestError`."""
    if provider:
        known = catalogue().get(provider)
        if known is None or not known.key_variable or known.id == LOCAL_MODEL:
            raise InvalidRequestError(FieldProblem("provider", say(gettext_noop("Choose another provider."))))
        origins = {endpoint.origin for endpoint in known.endpoints.values()}
        return Place(provider, "", "", "", frozenset(origins))
    spoken = dialect_of(None, dialect or None)
    if auth not in {"", *AUTHS}:
        sentence = say(gettext_noop("Use one of: %(known)s."), known=", ".join(AUTHS))
        raise InvalidRequestError(FieldProblem("auth", sentence))
    try:
        endpoint = Endpoint.parse(base_url, spoken.ending)
    except BaseURLError as error:
        raise InvalidRequestError(FieldProblem("base_url", error.sentence)) from error
    if len(endpoint.given) > Key._meta.get_field("base_url").max_length:  # type: ignore[operator]
        raise InvalidRequestError(FieldProblem("base_url", say(gettext_noop("Enter a shorter base URL."))))
    return Place("", endpoint.base_url, spoken.id, auth, frozenset({endpoint.origin}))


def clean(typed: str) -> str:
    """Return the key in what was typed. Raises `InvalidRequestError`, which doesn't quote it."""
    try:
        key = typed_key.clean(typed)
    except typed_key.KeyProblemError as error:
        raise InvalidRequestError(FieldProblem("api_key", error.sentence)) from error
    if len(key) < SHORTEST_SECRET:  # it would not be masked in responses
        sentence = say(gettext_noop("Enter a key of at least %(least)s characters."), least=SHORTEST_SECRET)
        raise InvalidRequestError(FieldProblem("api_key", sentence))
    return key


@transaction.atomic
def add(
    member: Membership,
    name: str,
    place: Place,
    secret: str,
    audience: str,
    people: Collection[Membership] = (),
    limits: Limits = NO_LIMITS,
) -> Key:
    """Keep a new key of the member's team or, with `Audience.OWN`, of the member.

    Raises `InvalidRequestError` if there are too many.
    """
    own = member if audience == Audience.OWN else None
    if Key.objects.filter(team=member.team, member=own).count() >= _MOST:
        sentence = say(gettext_noop("Delete a key first. There can be at most %(most)s."), most=_MOST)
        raise InvalidRequestError(FieldProblem("name", sentence))
    key = Key(
        team=member.team,
        member=own,
        name=name,
        provider=place.provider,
        base_url=place.base_url,
        dialect=place.dialect,
        auth=place.auth,
        audience=audience,
        only_models=limits.models,
        most_tokens=limits.most_tokens,
        made_by_id=member.person_id,
    )
    _seal(key, secret, place.origins)
    key.save()
    key.people.set(people if audience == Audience.PEOPLE else ())
    _note(Kind.KEY_MADE, key, member.person, audience=audience)
    return key


@transaction.atomic
def replace(key: Key, secret: str, member: Membership, ends: datetime | None) -> Key:
    """Keep a new key in place of an old one, which can be used until it `ends` or is turned off."""
    place = place_of(key.provider, key.base_url, key.dialect, key.auth)
    new = Key(
        team=key.team,
        member=key.member,
        name=key.name,
        provider=key.provider,
        base_url=key.base_url,
        dialect=key.dialect,
        auth=key.auth,
        audience=key.audience,
        only_models=key.only_models,
        most_tokens=key.most_tokens,
        made_by_id=member.person_id,
        replaces=key,
        since=key.since,
    )
    _seal(new, secret, place.origins)
    new.save()
    new.people.set(key.people.all())
    Key.objects.filter(pk=key.pk).update(ends=ends)
    _note(Kind.KEY_REPLACED, new, member.person, before=key.fingerprint, **_date(ends))
    return new


@transaction.atomic
def share(key: Key, audience: str, people: Collection[Membership], person: Person) -> None:
    """Change who may use a key of the team."""
    Key.objects.filter(pk=key.pk).update(audience=audience)
    key.people.set(people if audience == Audience.PEOPLE else ())
    _note(Kind.KEY_SHARED, key, person, before=key.audience, audience=audience)


@transaction.atomic
def limit(key: Key, limits: Limits, person: Person) -> None:
    """Change what a call with a key of the team may ask for."""
    Key.objects.filter(pk=key.pk).update(only_models=limits.models, most_tokens=limits.most_tokens)
    told = {"models": ", ".join(limits.models)[:300], "most_tokens": limits.most_tokens}
    _note(Kind.KEY_LIMITED, key, person, **{name: value for name, value in told.items() if value})


@transaction.atomic
def turn_off(key: Key, person: Person) -> None:
    if Key.objects.filter(pk=key.pk, off=None).update(off=timezone.now()):
        _note(Kind.KEY_OFF, key, person)


@transaction.atomic
def turn_on(key: Key, person: Person) -> None:
    """Turn a key on again, without a last day."""
    Key.objects.filter(pk=key.pk).update(off=None, ends=None)
    _note(Kind.KEY_ON, key, person)


@transaction.atomic
def delete(key: Key, person: Person) -> None:
    _note(Kind.KEY_DELETED, key, person)
    key.delete()


def _seal(key: Key, secret: str, origins: Collection[str]) -> None:
    owner = key.member.person_id if key.member else None
    key.sealed = sealing.seal_key(secret, key.team_id, owner, origins)
    key.tail = secret[-4:] if len(secret) >= _SHORTEST_WITH_TAIL else ""
    key.fingerprint = sealing.fingerprint(secret, key.team_id)


def _note(kind: Kind, key: Key, person: Person, **details: Any) -> None:
    team: Team = key.team
    note(kind, team, person, key.name, fingerprint=key.fingerprint, **details)


def _date(ends: datetime | None) -> dict[str, str]:
    return {"ends": f"{ends:%Y-%m-%d}"} if ends else {}
