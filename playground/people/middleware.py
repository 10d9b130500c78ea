"""Middleware for people who sign in: sessions where they are needed, and the admin's policy and rate limit.

Without accounts, only `/admin/` knows who is signed in. Embeds never do.
"""

import logging
from collections.abc import Callable
from typing import Any, cast

from csp.constants import NONE, SELF
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import cache
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from playground.calls.buckets import Bucket, Buckets, UnavailableError
from playground.calls.who import address_of
from playground.config_types import Rate
from playground.people import refusals
from playground.people.sessions import Key, SessionStore
from playground.trouble import why
from playground.web.refusals import refuse

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_logger = logging.getLogger(__name__)

ADMIN = "/admin/"
EMBEDS = ("/embed/", "/embed.js")
LOGINS = Rate(10, 900)

# Django's admin has no inline scripts or styles; its jQuery knows nothing of Trusted Types.
ADMIN_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


class AdminMiddleware:
    """Sets the admin's policy, limits logins per address, and answers when people's database fails."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(ADMIN):
            return self.get_response(request)
        response = self._refused(request) or self.get_response(request)
        response._csp_config = ADMIN_POLICY  # type: ignore[attr-defined]  # django-csp reads it
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if not _knows_people(request):
            return None
        if isinstance(exception, UnavailableError):  # django-allauth counts attempts, too
            return refuse(request, refusals.LOGINS_NOT_COUNTED)
        return without_database(request, exception) if isinstance(exception, Error) else None

    def _refused(self, request: HttpRequest) -> HttpResponseBase | None:
        if request.method != "POST" or request.path != reverse("admin:login"):
            return None
        try:
            empty = cast("Buckets", cache).take([Bucket(f"login:{address_of(request)}", LOGINS)])
        except UnavailableError:
            return refuse(request, refusals.LOGINS_NOT_COUNTED)
        return refuse(request, refusals.too_many_logins(empty)) if empty else None


def _knows_people(request: HttpRequest) -> bool:
    if request.path.startswith(ADMIN):
        return True
    return bool(settings.CONFIG.accounts) and not request.path.startswith(EMBEDS)


def without_database(request: HttpRequest, error: Error) -> HttpResponseBase:
    if settings.CONFIG.accounts:
        _logger.error("People cannot be looked up: %s", why(error))
        return refuse(request, refusals.accounts_without_database(why(error)))
    _logger.error("The admin cannot be shown: %s", why(error))
    return refuse(request, refusals.admin_without_database(why(error)))


class Sessions(SessionMiddleware):
    """Sessions where people are known and nowhere else, like the two below."""

    def __call__(self, request: HttpRequest) -> Any:
        if not _knows_people(request):
            return self.get_response(request)
        try:
            return super().__call__(request)
        except Error as error:  # the session cannot be saved
            return without_database(request, error)

    def process_request(self, request: HttpRequest) -> None:
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        store = cast("type[SessionStore]", self.SessionStore)
        request.session = store(store.key_of(cookie) if cookie else None)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Give the browser the secret instead of the key."""
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie and cookie.value:
            response.cookies[settings.SESSION_COOKIE_NAME] = cast("Key", request.session.session_key).secret
        return response


class Authentication(AuthenticationMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if _knows_people(request) else self.get_response(request)


class Messages(MessageMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if _knows_people(request) else self.get_response(request)
