"""How django-allauth signs people in here: by e-mail, with invitations, behind our trusted proxies."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext

from playground.calls.who import address_of
from playground.people import joining, refusals
from playground.people.addresses import is_same
from playground.people.models import User
from playground.teams import people
from playground.web.refusals import refuse


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # it has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let only people sign up who came by an invitation's link."""
        return joining.invitation_in(request) is not None

    def clean_email(self, email: str) -> str:
        """Hold an invitation that names an address to it."""
        email = super().clean_email(email)
        invitation = joining.invitation_in(self.request)
        if invitation and invitation.email and not is_same(invitation.email, email):
            raise ValidationError(gettext("This invitation is for %(email)s.") % {"email": invitation.email})
        return email

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Make the account and join the team, or neither: of two who use a link at once, one is too late."""
        invitation = joining.invitation_in(request)
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if invitation is None or not people.join(invitation, saved):
                transaction.set_rollback(True)
                raise ImmediateHttpResponse(refuse(request, refusals.NO_INVITATION))
        joining.forget(request)
        return saved

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count attempts for each visitor, not for the proxy."""
        # A list of sessions has room for addresses only: a proxy on a Unix socket is this machine.
        return address_of(request) or "127.0.0.1"

    def send_notification_mail(self, *arguments: Any, **named: Any) -> None:
        """Send nothing: there is no mail."""

    def add_message(self, *arguments: Any, **named: Any) -> None:
        """Say nothing on the page after: it shows what was done."""
