"""Lend a saved key to a call: find it, open it, and note who used it. It goes to its own origins only."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from playground.calls.draft import Draft
from playground.catalogue.held import Held, KeyCaps, Lent, Saved
from playground.catalogue.providers import LOCAL_MODEL, catalogue
from playground.database import in_turn
from playground.exchange.call import AUTHS
from playground.exchange.record import Exchange
from playground.exchange.refusal import (
    RETRY_SECONDS,
    FieldProblem,
    InvalidRequestError,
    Refusal,
    RefusedError,
)
from playground.keys import sealing
from playground.keys.models import Key, Use, lent_to
from playground.teams.audit import note
from playground.teams.models import Kind, Membership, Team
from playground.text.endpoint import BaseURLError, Endpoint
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say
from playground.trouble import why
from playground.upstream.client import Caller

_logger = logging.getLogger(__name__)
# What the form calls the server's key.
SERVERS = "server"
_REJECTED = 401
_NOT_FOR_YOU = gettext_noop(
    "You can’t use this key here. Choose another one, or let the playground choose. (It was turned off, or "
    "is for another provider or for other people.)"
)
_ENTER_AGAIN = gettext_noop(
    "This key can’t be decrypted. Choose another one, or ask an admin of your team to enter it again. "
    "(Administrators can check PLAYGROUND_DATA_KEYS.)"
)


def held_by(member: Membership) -> Held:
    """Return what the form offers to a member of the team."""
    keys = in_turn(lambda: lent_to(member))
    return Held(tuple(map(_saved, keys)), withheld(member))


def place_name(key: Key) -> str:
    """Return what a key is for, as people call it."""
    known = catalogue().get(key.provider)
    return gettext(known.label) if known else key.provider or key.base_url


def _saved(key: Key) -> Saved:
    label = gettext("%(name)s (yours)") % {"name": key} if key.member_id else str(key)
    if key.ends:
        label = gettext("%(name)s (until %(date)s)") % {"name": label, "date": f"{key.ends:%Y-%m-%d}"}
    place = place_name(key)
    return Saved(str(key.pk), label, place, key.provider, key.base_url, key.dialect, _caps(key))


def _caps(key: Key) -> KeyCaps:
    return KeyCaps(key.name, tuple(key.only_models), key.most_tokens)


def withheld(member: Membership) -> frozenset[str]:
    """Return the providers whose server's key was given to other teams only."""
    given = settings.CONFIG.key_teams
    return frozenset(provider for provider in given if member.team.name not in given[provider])


def lend(draft: Draft, wanted: str, member: Membership, caller: Caller) -> tuple[Draft, Caller]:
    """Return the draft with the key that it is sent with, and the caller that counts what becomes of it.

    `wanted` is the number of a key, `SERVERS`, or "" for the first one that fits. A typed key comes first.
    Raises `RefusedError`.
    """
    nothing = Lent(servers=draft.provider not in withheld(member))
    draft = replace(draft, lent=nothing)
    if draft.key or wanted == SERVERS or draft.provider == LOCAL_MODEL:
        return draft, caller
    if draft.provider and draft.provider not in catalogue():  # the route says so; a database may not take it
        return draft, caller
    try:
        found = in_turn(lambda: _take(draft, wanted, member))
    except DatabaseError as error:
        _logger.error("The keys cannot be read: %s", why(error))
        raise RefusedError(_no_database(error)) from error
    if found is None:
        return draft, caller
    using, lent = found
    return replace(draft, lent=lent), using.told(caller)


def fitting(draft: Draft, member: Membership) -> Draft:
    """Return the draft with the key that `lend` would choose; nothing is noted. Raises `DatabaseError`."""
    draft = replace(draft, lent=Lent(servers=draft.provider not in withheld(member)))
    if draft.provider == LOCAL_MODEL or (draft.provider and draft.provider not in catalogue()):
        return draft
    for key in in_turn(lambda: list(_fitting(draft, "", member))):
        with suppress(sealing.UnreadableError):
            return replace(draft, lent=_lent(key))
    return draft


def lend_to_embed(
    team: Team, name: str, embed: str, draft: Draft, caller: Caller
) -> tuple[Draft, Caller] | None:
    """Return the draft of a reader with the team's key of this name; None if none can be used.

    A key that replaces another one has its name. Raises `DatabaseError`.
    """

    def take() -> tuple[_Using, Lent] | None:
        keys = Key.objects.filter(team=team, member=None, name=name, provider=draft.provider or "")
        for key in keys.select_related("team", "member").order_by("since", "-pk"):
            if not key.is_in_use:
                continue
            with suppress(sealing.UnreadableError):
                return _Using(key, None, {"embed": embed}), _lent(key)
        return None

    found = in_turn(take)
    if found is None:
        return None
    using, lent = found
    return replace(draft, lent=lent), using.told(caller)


def _take(draft: Draft, wanted: str, member: Membership) -> tuple["_Using", Lent] | None:
    """Find the key. None if there is none; raises `InvalidRequestError` if it was wanted.

    Also if none can be read, unless the server's key takes their place.
    """
    unreadable = False
    for key in _fitting(draft, wanted, member):
        try:
            return _Using(key, member.person, {}), _lent(key)
        except sealing.UnreadableError:
            unreadable = True
    if unreadable and (wanted or not _has_servers(draft)):
        raise InvalidRequestError(FieldProblem("saved_key", say(_ENTER_AGAIN)))
    if wanted:
        raise InvalidRequestError(FieldProblem("saved_key", say(_NOT_FOR_YOU)))
    return None


def _has_servers(draft: Draft) -> bool:
    known = catalogue().get(draft.provider or "")
    return known is not None and bool(known.server_key) and draft.lent.servers


def _lent(key: Key) -> Lent:
    """Raises `UnreadableError`."""
    secret, origins = open_key(key)
    name = "" if key.member_id else key.name
    return Lent(secret, origins, AUTHS.get(key.auth), name, _caps(key), servers=False)


def _fitting(draft: Draft, wanted: str, member: Membership) -> Iterator[Key]:
    keys = lent_to(member, draft.provider or "")
    if wanted:
        keys = [key for key in keys if key.pk == number_in(wanted)]
    if draft.provider:
        yield from keys
        return
    try:
        origin = Endpoint.parse(draft.base_url or "", draft.speaks().ending).origin
    except BaseURLError:
        return  # the route says what is wrong with it
    yield from (key for key in keys if origin_of(key) == origin and _is_within(draft, key))


def _is_within(draft: Draft, key: Key) -> bool:
    """Whether a key with a list of models is for this very base URL: a path may name another model."""
    asked = Endpoint.parse(draft.base_url or "", draft.speaks().ending)
    return not key.only_models or asked.base_url == Endpoint.parse(key.base_url, "").base_url


def origin_of(key: Key) -> str:
    return Endpoint.parse(key.base_url, "").origin


def open_key(key: Key) -> tuple[str, frozenset[str]]:
    """Return the key and its origins. Raises `UnreadableError`, also if its provider has moved since."""
    secret, origins = sealing.open_key(key.sealed, key.team_id, key.member.person_id if key.member else None)
    if key.provider:
        known = catalogue().get(key.provider)
        moved = known is None or not {endpoint.origin for endpoint in known.endpoints.values()} <= origins
    else:
        moved = origin_of(key) not in origins
    if moved:
        raise sealing.UnreadableError
    return secret, origins


class _Using:
    """The use of a key for a call by a person; None for readers of embeds, all together.

    It is looked up with the key, and noted once the call is really sent: a budget may refuse it before.
    """

    def __init__(self, key: Key, person: Any, details: dict[str, str]) -> None:
        self.key, self.person, self.details = key, person, details
        self._day = timezone.now().date()
        self._row = self._todays().values_list("pk", flat=True).first()

    def told(self, caller: Caller) -> Caller:
        return replace(caller, begins=self._begins).and_then(self._ended)

    def _todays(self) -> QuerySet[Use]:
        """The row that counts this day's uses."""
        return Use.objects.filter(key=self.key, person_id=self.person and self.person.pk, day=self._day)

    def _begins(self) -> None:
        """Make the row, and a line in the audit log with it. Raises `RefusedError`, if the key is gone."""
        if self._row is not None:
            return
        try:
            self._row = in_turn(self._note)
        except Key.DoesNotExist as error:
            raise InvalidRequestError(FieldProblem("saved_key", say(_NOT_FOR_YOU))) from error
        except DatabaseError as error:
            _logger.error("The use of a key cannot be noted: %s", why(error))
            raise RefusedError(_no_database(error)) from error

    def _note(self) -> int:
        key, person = self.key, self.person
        with transaction.atomic():
            # Somebody may be deleting the key.
            Key.objects.select_for_update().only("pk").get(pk=key.pk)
            first = {"key": key, "person_id": person and person.pk, "day": self._day, "last": timezone.now()}
            use, is_first = self._todays().get_or_create(defaults=first)
            if is_first:
                note(Kind.KEY_USED, key.team, person, key.name, fingerprint=key.fingerprint, **self.details)
        return use.pk

    def _ended(self, exchange: Exchange) -> None:
        """Count a call that was begun, and whether the provider rejected the key."""
        rejected = bool(exchange.received and exchange.received.status == _REJECTED)
        counted = {"calls": F("calls") + 1, "failures": F("failures") + int(rejected)}
        in_turn(lambda: self._todays().update(**counted, last=exchange.started))


def _no_database(error: DatabaseError) -> Refusal:
    return Refusal(
        503,
        "keys_unavailable",
        say(gettext_noop("Keys unavailable")),
        say(
            gettext_noop("Not sent. Enter a key of your own, or try again later: %(why)s."),
            why=why(error),
        ),
        retry_seconds=RETRY_SECONDS,
    )
