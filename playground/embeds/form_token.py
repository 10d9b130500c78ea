"""The form token: replaces the CSRF cookie, which browsers do not send from a frame on another site.

A token is signed, expires soon, and is valid for one send by one reader from one embed with its current
settings. Each response brings the next token.
"""

import secrets
import time

from django.core import signing
from django.core.cache import caches
from django.http import HttpRequest

from playground.calls.buckets import UnavailableError
from playground.calls.who import pseudonym_of
from playground.embeds import refusals
from playground.embeds.models import Embed
from playground.exchange.refusal import Refusal
from playground.text.sentence import Sentence, gettext_noop, say

HEADER = "X-Embed-Token"
FIELD = "embed_token"
SECONDS = 900
# How far apart the clocks of several machines may be.
_SKEW_SECONDS = 60
_SALT = "playground.embeds.token"
_RELOAD = gettext_noop("Not sent. Reload the page, then send again.")
_EXPIRED = gettext_noop("This page has expired")
# The error for each value of `_bound_to`, in its order.
_MISMATCHES = (
    ("token_of_another_embed", _EXPIRED),
    ("rules_changed", gettext_noop("This embed has changed")),
    ("token_of_another_reader", _EXPIRED),
)
_SEND_AGAIN = gettext_noop("Not sent. Click “Send” again.")


class SpentTokenError(refusals.EmbedRefusedError):
    """The token is genuine but expired or used: a fresh one lets the reader send the same again."""


def make(request: HttpRequest, embed: Embed | None) -> str:
    return signing.dumps([*_bound_to(request, embed), secrets.token_urlsafe(12)], salt=_SALT)


def spend(request: HttpRequest, embed: Embed | None) -> None:
    """Check a send's token and use it up. Raises `EmbedRefusedError`, or `SpentTokenError`."""
    if not _is_same_origin(request):
        raise refusals.bad_token(
            "foreign_origin",
            say(gettext_noop("Request from another site")),
            say(gettext_noop("Not sent. Send the request from the embed itself.")),
        )
    token = request.headers.get(HEADER) or request.POST.get(FIELD, "")
    if not token:
        raise refusals.bad_token("token_missing", say(_EXPIRED), say(_RELOAD))
    try:
        values = signing.loads(token, salt=_SALT, max_age=SECONDS)
        expired = _is_from_the_future(token)
    except signing.SignatureExpired:
        values, expired = signing.loads(token, salt=_SALT), True
    except signing.BadSignature as error:
        raise refusals.bad_token("token_forged", say(_EXPIRED), say(_RELOAD)) from error
    *bound_to, nonce = values
    for theirs, now, (kind, title) in zip(bound_to, _bound_to(request, embed), _MISMATCHES, strict=True):
        if theirs != now:
            raise refusals.bad_token(kind, say(title), say(_RELOAD))
    if expired:
        raise _spent("token_expired", say(_EXPIRED))
    if not _is_first_use(nonce):
        raise _spent("token_used", say(gettext_noop("This request was already sent")))


def _spent(kind: str, title: Sentence) -> SpentTokenError:
    return SpentTokenError(Refusal(403, kind, title, say(_SEND_AGAIN)))


def _bound_to(request: HttpRequest, embed: Embed | None) -> list[str]:
    return [embed.name if embed else "", embed.digest if embed else "", pseudonym_of(request)]


def _is_first_use(nonce: str) -> bool:
    try:
        return bool(caches["form_tokens"].add(f"form-token:{nonce}", 1, SECONDS + _SKEW_SECONDS))
    except UnavailableError as error:
        raise refusals.tokens_not_counted() from error


def _is_from_the_future(token: str) -> bool:
    """Return whether the token is dated in the future, and so could outlive the record of its use."""
    return signing.b62_decode(token.rsplit(":", 2)[1]) > time.time() + _SKEW_SECONDS


def _is_same_origin(request: HttpRequest) -> bool:
    """Return whether the frame's own document sent the request, judging by the browser's headers.

    Under the page's `Referrer-Policy`, a form sent without scripts has `Origin: null`.
    `HiddenOriginMiddleware` has replaced it with the playground's origin, or removed it, where it could.
    """
    origin, site = request.META.get("HTTP_ORIGIN"), request.META.get("HTTP_SEC_FETCH_SITE")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return bool(origin == f"{request.scheme}://{request.get_host()}")
    return site is not None or not request.is_secure()
