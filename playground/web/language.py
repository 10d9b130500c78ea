"""The reader's language: from `?lang=`, else from the cookie, else from the browser.

Django's own rule gives readers of Traditional Chinese the Simplified one rather than English.
"""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

PARAMETER = "lang"


class SpokenRequest(HttpRequest):
    """A request after the middleware. `asked_language` is "" if the URL names no supported language."""

    asked_language: str


def supported(name: str) -> str:
    """Turn `zh`, `zh-CN` or `zh_Hans` into `zh-hans`, and an unsupported language into ""."""
    try:
        return translation.get_supported_language_variant(name.strip().lower().replace("_", "-"))
    except LookupError:
        return ""


def of_terminal(variables: Mapping[str, str]) -> str:
    """Return the language of the terminal: of the first of these variables that is set."""
    locale = next(filter(None, map(variables.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return supported(locale.partition(".")[0]) or settings.LANGUAGE_CODE


class LanguageMiddleware(LocaleMiddleware):
    """Django's middleware with `?lang=` first, which holds for one page and is not stored in a cookie."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        asked = supported(request.GET.get(PARAMETER, ""))
        cast("SpokenRequest", request).asked_language = asked
        if asked:
            translation.activate(asked)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if _uses_cookie(request):
            patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)


def _uses_cookie(request: HttpRequest) -> bool:
    """Return whether the language cookie applies: frames of embeds neither read nor set cookies."""
    return not request.path.startswith(reverse("embed"))


def speak(request: HttpRequest, language: str) -> None:
    """Switch to this language, unless the URL asks for one."""
    if not getattr(request, "asked_language", ""):
        translation.activate(language)


def address(request: HttpRequest | None, name: str) -> str:
    """Return the URL for a form of this page; it repeats the page's `?lang=`."""
    asked = getattr(request, "asked_language", "")
    return reverse(name) + (f"?{urlencode({PARAMETER: asked})}" if asked else "")


def here(request: HttpRequest, *, with_query: bool) -> str:
    """Return the URL of this page without `?lang=`, or of the playground if this page was posted.

    Error pages do not depend on the query, so it is left out.
    """
    if request.method not in ("GET", "HEAD"):
        return reverse("index")
    if not with_query:
        return request.path
    query = request.GET.copy()
    query.pop(PARAMETER, None)
    return request.path + (f"?{query.urlencode()}" if query else "")


def others(
    request: HttpRequest, addresses: dict[str, str], *, with_query: bool = False
) -> list[dict[str, str]]:
    """Return the other languages: `code`, `name` and `next`, the URL to show after switching."""
    if not _uses_cookie(request):
        return []
    current = translation.get_language()
    return [
        {"code": code, "name": name, "next": addresses.get(code) or here(request, with_query=with_query)}
        for code, name in settings.LANGUAGES
        if code != current
    ]
