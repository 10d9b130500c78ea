"""Views of the docs pages: find the page, decide, render."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from csp.constants import NONE, SELF
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.http import http_date
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.static import was_modified_since

from playground.docs import markdown
from playground.docs.folder import LANGUAGES, Docs, Page, look
from playground.docs.links import docs_url
from playground.docs.markdown import Document
from playground.docs.markdown.playgrounds import embeds_named
from playground.docs.search import LONGEST_QUERY, search
from playground.forms.incoming import HtmxRequest
from playground.web.language import PARAMETER, speak

# Shown by the browser. All other files are downloads, so that none of them runs as a page or script of this
# site, where browsers store people's keys.
_SHOWN = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    **dict.fromkeys(
        (".csv", ".json", ".jsonl", ".toml", ".txt", ".yaml", ".yml"), "text/plain; charset=utf-8"
    ),
}
_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])
# django-csp types its decorators for views that take only a request.
_may_frame_the_playground: Callable[[_View], _View] = csp_update({"frame-src": [SELF]})  # type: ignore[assignment]
_sandboxed: Callable[[_View], _View] = csp_replace(  # type: ignore[assignment]
    {"default-src": [NONE], "style-src": ["'unsafe-inline'"], "sandbox": True}
)

_SUGGESTIONS = 6
# The interface language for each docs folder.
_CODES = {folder: language.lower() for folder, language in LANGUAGES.items()}


@require_safe
def docs(request: HttpRequest, address: str = "") -> HttpResponseBase:
    """Show a page of the folder or one of its other files; with `?q=`, search results."""
    found = look(settings.DOCS)
    page = found.page(address)
    if "q" in request.GET:
        return _search(request, found, page.language if page else _language(address))
    if page is None and (moved := found.moved(address)):
        return HttpResponseRedirect(moved.url)
    if page is None and (first := found.first_within(address)):
        return HttpResponseRedirect(first.url)
    if page is None and (file := found.file(address)):
        return _file(request, found, file)
    if page is None:
        return _missing(request, found, _language(address) or _readers(found))
    if not address and (twin := _at_home(found, page)):
        return HttpResponseRedirect(twin.url)
    if address != page.address:
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(page.url + (f"?{query}" if query else ""))
    return _page(request, found, page)


def _at_home(found: Docs, page: Page) -> Page | None:
    """Return the start page in the reader's language, if there is one; `/docs/` redirects to it."""
    language = get_language()
    return next((twin for folder, twin in found.twins(page).items() if _CODES[folder] == language), None)


def _pageless_context(request: HttpRequest, found: Docs, language: str, query: str = "") -> dict[str, Any]:
    """Context for docs pages that have no Markdown of their own (search, 404), in the docs' language."""
    if language:
        speak(request, _CODES[language])
    elsewhere = {
        _CODES[folder]: _search_url(folder) + query
        for folder in LANGUAGES
        if folder != language and any(found.navigation(folder).pages())
    }
    return _page_context(found, language) | {"in_languages": elsewhere}


def _language(address: str) -> str:
    first = address.partition("/")[0]
    return first if first in LANGUAGES else ""


@gzip_page
@_may_frame_the_playground
def _page(request: HttpRequest, found: Docs, page: Page) -> HttpResponse:
    previous, following = found.neighbours(page)
    twins = found.twins(page)
    if page.language or twins:
        speak(request, _CODES[page.language])
    alternates = {page.language: page, **twins} if twins else {}
    return render(
        request,
        "docs/page.html",
        _page_context(found, page.language, page)
        | {
            "page": page,
            "document": _document(found, page),
            "previous": previous,
            "following": following,
            "alternates": [
                {"lang": LANGUAGES[folder], "url": request.build_absolute_uri(one.url)}
                for folder, one in sorted(alternates.items())
            ],
            "in_languages": {
                **{code: f"{page.url}?{PARAMETER}={code}" for code in _CODES.values() if page.language},
                **{_CODES[folder]: twin.url for folder, twin in twins.items()},
            },
        },
    )


def _document(found: Docs, page: Page) -> Document:
    """Return the rendered page, cached with its folder. Its labels depend on the language."""
    key = ("page", page.path, get_language() or "", str(settings.DOCS_HTML))

    made = partial(markdown.render, found, page, allow_html=settings.DOCS_HTML)
    document: Document = found.made.get(key, made, _size)
    if document.embeds and document.embeds != embeds_named(document.embeds):
        found.made.forget(key)  # an embed was created or deleted, or its provider changed
        document = found.made.get(key, made, _size)
    return document


def _size(document: Document) -> int:
    return len(document.html)


def _readers(found: Docs) -> str:
    """Return the docs folder in the reader's language, if it has pages."""
    folders = (folder for folder, code in _CODES.items() if code == get_language())
    return next((folder for folder in folders if any(found.navigation(folder).pages())), "")


@gzip_page
def _search(request: HttpRequest, found: Docs, language: str) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    around = _pageless_context(request, found, language, "?" + urlencode({"q": query}))
    hits = search(found, query, language, allow_html=settings.DOCS_HTML)
    if cast("HtmxRequest", request).htmx:
        shown = {"query": query, "hits": hits[:_SUGGESTIONS], "more": len(hits) > _SUGGESTIONS}
        return render(request, "docs/_suggestions.html", shown | {"search_url": _search_url(language)})
    return render(request, "docs/search.html", around | {"query": query, "hits": hits})


@gzip_page
def _missing(request: HttpRequest, found: Docs, language: str) -> HttpResponse:
    context = _pageless_context(request, found, language) | {"is_empty": not found.pages}
    return render(request, "docs/missing.html", context, status=404)


@_sandboxed
def _file(request: HttpRequest, found: Docs, path: str) -> HttpResponseBase:
    changed = found.files[path][0] / 1e9
    if not was_modified_since(request.headers.get("If-Modified-Since"), changed):
        return HttpResponse(status=304)
    suffix = PurePosixPath(path).suffix.lower()
    try:
        file = (found.root / path).open("rb")
    except OSError as error:  # deleted meanwhile, or not readable
        raise Http404 from error
    response = FileResponse(
        file,
        as_attachment=suffix not in _SHOWN,
        filename=PurePosixPath(path).name,
        content_type=_SHOWN.get(suffix, "application/octet-stream"),
    )
    response["Last-Modified"] = http_date(changed)
    response["Cache-Control"] = "no-cache"  # browsers may cache it but must revalidate
    return response


def _page_context(found: Docs, language: str, page: Page | None = None) -> dict[str, Any]:
    """Context for every docs page."""
    return {
        "navigation": _navigation(found, language, page),
        "docs_language": LANGUAGES[language],
        "search_url": _search_url(language),
    }


def _navigation(found: Docs, language: str, page: Page | None) -> SafeString:
    """Render the list of all pages once, then mark the current one: 300 pages take 10 ms."""
    values = {"entry": found.navigation(language), "is_root": True}
    key = ("navigation", language, get_language() or "")
    html: str = found.made.get(key, lambda: render_to_string("docs/_pages.html", values), len)
    if page:
        link = format_html('<a href="{}"', page.url)
        html = html.replace(link, f'{link} aria-current="page"', 1)
    return mark_safe(html)  # noqa: S308 -- from our own template


def _search_url(language: str) -> str:
    return docs_url(f"{language}/" if language else "")
