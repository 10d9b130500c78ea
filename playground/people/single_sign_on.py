"""Signing in with an OpenID provider: the address that it has verified names the account.

The operator trusts the provider with that. Whoever has no account gets one with an invitation, or in the team
of PLAYGROUND_SSO_TEAM.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase

from playground.keys.models import Key
from playground.people import joining, refusals
from playground.people.addresses import is_same, person_of
from playground.people.models import Token, User, taken_over
from playground.teams import people
from playground.teams.models import Invitation
from playground.web.refusals import refuse

_logger = logging.getLogger(__name__)


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # it has no types
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account of the verified address, unless this sign-in is known already."""
        # Nobody adds an identity to the account that they are in: it signs in whom its address names.
        sociallogin.state["process"] = AuthProcess.LOGIN
        if sociallogin.is_existing:
            return
        address = _verified(sociallogin)
        if not address:
            raise ImmediateHttpResponse(refuse(request, refusals.NO_VERIFIED_ADDRESS))
        person = person_of(address)
        if person and not person.is_active:
            raise ImmediateHttpResponse(refuse(request, refusals.NOT_INVITED))
        if person:
            with transaction.atomic():
                take_over(person)
                sociallogin.connect(request, person)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Let people in who came by an invitation's link, and with a team for all, everybody."""
        if not (settings.CONFIG.sso_team or _invitation(request, sociallogin)):
            raise ImmediateHttpResponse(refuse(request, refusals.NOT_INVITED))
        return True

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account and join the team, or neither. The address is never a typed one."""
        if form is not None:
            raise ImmediateHttpResponse(refuse(request, refusals.NOT_INVITED))
        invitation = _invitation(request, sociallogin)
        with transaction.atomic():
            saved: User = super().save_user(request, sociallogin, form)
            if settings.CONFIG.sso_team:
                people.admit(settings.CONFIG.sso_team, saved)
            if not (invitation and people.join(invitation, saved)) and not settings.CONFIG.sso_team:
                transaction.set_rollback(True)
                raise ImmediateHttpResponse(refuse(request, refusals.NO_INVITATION))
        joining.forget(request)
        return saved

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: object = None,
        exception: Exception | None = None,
        extra_context: object = None,
    ) -> None:
        """Say it in our words, because the provider's may hold anything."""
        del provider, extra_context
        if exception:
            _logger.warning(
                "Signing in at the OpenID provider failed: %s (%s)", error, type(exception).__name__
            )
        raise ImmediateHttpResponse(refuse(request, refusals.NO_SINGLE_SIGN_ON))

    def add_message(self, *arguments: Any, **named: Any) -> None:
        """Say nothing on the page after: it shows what was done."""


def reachable(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Show a refusal if the provider cannot be reached, or does not answer as one."""

    @wraps(view)
    def checked(request: HttpRequest, **named: Any) -> HttpResponseBase:
        if not settings.CONFIG.oidc_url:
            raise Http404
        try:
            return view(request, **named)
        except (requests.RequestException, ValueError, LookupError, TypeError) as error:
            _logger.warning("The OpenID provider cannot be used: %s", type(error).__name__)
            return refuse(request, refusals.NO_SINGLE_SIGN_ON)

    return checked


def _verified(sociallogin: SocialLogin) -> str:
    """Return the address that the provider has verified, or "". Some say so with a text."""
    found = [one.email for one in sociallogin.email_addresses if str(one.verified).lower() == "true"]
    # django-allauth makes it small, and so takes some letters for others.
    told = sociallogin.account.get_provider_account().get_user_data() or {}
    return found[0] if found and is_same(found[0], str(told.get("email"))) else ""


def _invitation(request: HttpRequest, sociallogin: SocialLogin) -> Invitation | None:
    """Return the invitation that this person may use."""
    found = joining.invitation_in(request)
    if found and found.email and not is_same(found.email, _verified(sociallogin)):
        return None
    return found


def take_over(person: User) -> None:
    """Leave no other way into the account: whoever made it may not have been who has the address."""
    person.set_unusable_password()
    person.save(update_fields=["password"])
    SocialAccount.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    Token.objects.filter(member__person=person).delete()
    Key.objects.filter(member__person=person).delete()
    people.end_invitations(person)
    taken_over.send(User, person=person)
    for session in UserSession.objects.filter(user=person):
        session.end()
