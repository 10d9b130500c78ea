"""The reader's language: what `?lang=` asks for, else what was chosen, else the browser's.

Who reads Traditional Chinese gets Simplified rather than English: Django's own rule, since of two languages
it is the one that they read.
"""

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
    """What the middleware makes of a request. `asked_language` is "" where the address asks for none."""

    asked_language: str


def supported(name: str) -> str:
    """`zh`, `zh-CN`, `zh_Hans` → `zh-hans`; "" for a language that is not here."""
    try:
        return translation.get_supported_language_variant(name.strip().lower().replace("_", "-"))
    except LookupError:
        return ""


class LanguageMiddleware(LocaleMiddleware):
    """Django's, with `?lang=` before the rest: that holds for one page, and no cookie keeps it."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        asked = supported(request.GET.get(PARAMETER, ""))
        cast("SpokenRequest", request).asked_language = asked
        if asked:
            translation.activate(asked)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if _remembers(request):
            patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)


def _remembers(request: HttpRequest) -> bool:
    """Frames in other people's pages neither read a cookie nor set one."""
    return not request.path.startswith(reverse("embed"))


def speak(request: HttpRequest, language: str) -> None:
    """From here on in this language, unless the address asks for another."""
    if not getattr(request, "asked_language", ""):
        translation.activate(language)


def address(request: HttpRequest | None, name: str) -> str:
    """Where a form of this page goes: what `?lang=` says of a page holds for what it sends, too."""
    asked = getattr(request, "asked_language", "")
    return reverse(name) + (f"?{urlencode({PARAMETER: asked})}" if asked else "")


def here(request: HttpRequest, *, with_query: bool) -> str:
    """The address of this page without its `?lang=`; of a page that was posted, the playground's.

    A page of an error shows nothing of what was asked, so it has no query here, either.
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
    """The languages to switch to, each with its name and the page that is shown then."""
    if not _remembers(request):
        return []
    current = translation.get_language()
    return [
        {"code": code, "name": name, "next": addresses.get(code) or here(request, with_query=with_query)}
        for code, name in settings.LANGUAGES
        if code != current
    ]
