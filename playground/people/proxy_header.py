"""Signing in by a header in which a proxy names the person, after it has asked them to sign in itself.

The header (PLAYGROUND_USER_HEADER) holds an email address. It counts only if a proxy of
PLAYGROUND_TRUSTED_PROXIES sent the request; the proxy must remove it from what browsers send.
"""

import hashlib
import secrets

from django.conf import settings
from django.contrib.auth import login, logout
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest

from playground.calls.who import is_from_proxy
from playground.exchange.refusal import Refusal
from playground.people import refusals
from playground.people.addresses import folded, is_same, person_of
from playground.people.models import User
from playground.teams import people

_BACKEND = "django.contrib.auth.backends.ModelBackend"
# In a session that began with the header, and ends without it.
_BY_HEADER = "by_header"


def sign_in(request: HttpRequest) -> Refusal | None:
    """Sign in whom the proxy names, or sign out whom it no longer names. Returns why that is not possible.

    Somebody new gets an account if PLAYGROUND_SSO_TEAM has a place for them. Else `request.vouched` has their
    address, with which they can accept an invitation (`accept`).
    """
    if not settings.CONFIG.user_header:
        return None
    address = address_in(request)
    if address is None:
        return refusals.NO_ADDRESS_IN_HEADER
    if not address:
        if _BY_HEADER in request.session:
            logout(request)
        return None
    if request.user.is_authenticated and is_same(request.user.email, address):
        return None
    person = person_of(address)
    if person is None and settings.CONFIG.sso_team:
        person = _new(address)
    if person is None:
        logout(request)
        request.vouched = address  # type: ignore[attr-defined]
        return None
    if not person.is_active:
        return refusals.NOT_INVITED
    _begin(request, person)
    return None


def accept(request: HttpRequest) -> None:
    """Make the account of whom the proxy vouches for, who is accepting an invitation."""
    if address := getattr(request, "vouched", ""):
        _begin(request, _new(address))


def address_in(request: HttpRequest) -> str | None:
    """Return the address in the header of a trusted proxy, "" if there is none, None if it is no address."""
    name = settings.CONFIG.user_header
    address = request.headers.get(name, "").strip() if is_from_proxy(request) else ""
    try:
        if address:
            validate_email(address)
    except ValidationError:
        return None
    return address


def _new(address: str) -> User:
    # Of two requests at once, one makes the account: the name is the same for both.
    username = hashlib.sha256(folded(address)).hexdigest()[:30]
    with transaction.atomic():
        person, is_new = User.objects.get_or_create(username=username, defaults={"email": address})
        if not is_new and not is_same(person.email, address):  # it has another address since
            person, is_new = User.objects.create(username=secrets.token_hex(15), email=address), True
        if is_new:
            person.set_unusable_password()
            person.save(update_fields=["password"])
        if settings.CONFIG.sso_team:
            people.admit(settings.CONFIG.sso_team, person)
    return person


def _begin(request: HttpRequest, person: User) -> None:
    if person.has_usable_password():
        from playground.people.single_sign_on import take_over  # there are no such accounts without accounts

        with transaction.atomic():
            take_over(person)
    login(request, person, backend=_BACKEND)
    request.session[_BY_HEADER] = True
