"""Middleware: bodies that are too large or too slow, hidden origins, 404 pages, notes on typed keys."""

import json
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.views.defaults import page_not_found

from playground.network import alarm
from playground.proof.file import MOST_BYTES
from playground.web import refusals

# The form around an uploaded proof file.
_AROUND_A_FILE = 100_000

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class NotFoundMiddleware:
    """Replace the 404 page of Django's debug mode, which shows the URL with a link's prompt."""

    def __init__(self, get_response: GetResponse) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        unknown = response.status_code == 404 and request.resolver_match is None
        return page_not_found(request, Http404()) if unknown else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return page_not_found(request, exception) if isinstance(exception, Http404) else None


class NotesMiddleware:
    """Report input that was not used as typed. In headers, because every kind of response has them.

    `X-Key-Note` if a typed key was cleaned, `X-Address-Note` if a base URL was corrected; JSON strings.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, header in (("key_note", "X-Key-Note"), ("address_note", "X-Address-Note")):
            if note := getattr(request, name, None):
                response[header] = json.dumps(note)
        return response


class HiddenOriginMiddleware:
    """Let plain forms pass Django's CSRF check under `Referrer-Policy: no-referrer`.

    A browser hides the origin of a form on such a page (`Origin: null`; Fetch standard, "append a request
    Origin header"), which Django rejects. `Sec-Fetch-Site` still says whose form it was. On plain HTTP
    browsers may not send it; then the token alone decides, as for requests without an Origin.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.META.get("HTTP_ORIGIN") == "null":
            site = request.META.get("HTTP_SEC_FETCH_SITE")
            if site == "same-origin":
                request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
            elif site is None and not request.is_secure():
                del request.META["HTTP_ORIGIN"]
        return self.get_response(request)


class BodyMiddleware:
    """Read the complete body within the size and time limits, or refuse the request.

    Django's own limit ignores the files of a multipart form. And if a browser disconnects halfway, Django
    uses what it has received so far, so half a message would be sent.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return refusals.no_length(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_file = request.content_type == "multipart/form-data" and request.path == reverse("proof-open")
        most = MOST_BYTES + _AROUND_A_FILE if is_file else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not length.isdigit() or int(length) > most:
            return refusals.too_large(request, is_file=is_file)
        if int(length) and not self._read(request, int(length), is_file=is_file):
            return refusals.cut_short(request)
        return self.get_response(request)

    def _read(self, request: HttpRequest, length: int, *, is_file: bool) -> bool:
        hang_up = partial(_stop_reading, request.META.get("gunicorn.socket"))
        with alarm.clock().after(settings.CONFIG.arrival_seconds, hang_up):
            try:
                if is_file:  # parsed while it arrives; the form's end tells that it is complete
                    return "end" in request.POST
                return len(request.body) == length
            except (UnreadablePostError, MultiPartParserError):
                return False


def _stop_reading(browser: socket.socket | None) -> None:
    """Stop reading; the response can still be written."""
    if browser:
        with suppress(OSError):  # it has disconnected
            browser.shutdown(socket.SHUT_RD)
