"""What is answered before Django looks at a request: health, and bodies that are too large."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from playground.pages import refusals

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class HealthMiddleware:
    """`/healthz` for a load balancer: this process answers, whatever host name it is asked under."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        return self.get_response(request)


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's own, but for a plain form's `Origin: null`.

    Under `Referrer-Policy: no-referrer` a browser hides the origin of a form that it posts (Fetch standard,
    "append a request Origin header"), and Django would refuse it. `Sec-Fetch-Site` still says whose form
    it was; where a browser sends none, on plain HTTP, the token alone decides, as without an Origin.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        if request.META["HTTP_ORIGIN"] != "null":
            return bool(super()._origin_verified(request))
        site = request.META.get("HTTP_SEC_FETCH_SITE")
        return site == "same-origin" if site or request.is_secure() else True


class BodyLimitMiddleware:
    """Django's own limit counts no files of a multipart form; this one counts all that is announced."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return refusals.too_large(request)
        return self.get_response(request)
