"""Addresses of live playgrounds, and of what a docs page links to."""

import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from django.urls import reverse

from playground.forms.link import fragment
from playground.text import jsontext
from playground.text.sentence import SentenceError, gettext_noop, say
from playground.web.page import LONGEST_LINK

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# Browsers drop these before they look for the scheme (URL standard, 4.4).
_DROPPED = re.compile(r"[\x00-\x20\x7f]")
_SCHEMES = ("http", "https", "mailto", "tel")


class TooLongError(SentenceError):
    """The address is so long that some servers would cut it."""


def embed_url(provider: str, api: str, body: Mapping[str, Any] | None, **options: str) -> str:
    """Return the address for an iframe. Raises `TooLongError`."""
    return _url(reverse("embed"), provider, api, body, options)


def playground_url(provider: str, api: str, body: Mapping[str, Any] | None) -> str:
    """Return the address of the playground with its form filled in. Raises `TooLongError`."""
    try:
        return _url(reverse("index"), provider, api, body, {})
    except TooLongError:
        target = {name: text for name, text in (("provider", provider), ("dialect", api)) if text}
        if packed := fragment(target, jsontext.dumps(body)):
            return f"{reverse('index')}#{packed}"
        raise


def _url(
    page: str, provider: str, api: str, body: Mapping[str, Any] | None, options: Mapping[str, str]
) -> str:
    query = {"provider": provider} if provider else {}
    query |= {"dialect": api} if api else {}
    if body is not None:
        query["request"] = jsontext.dumps(body).decode()
    url = page
    if query or options:
        url += "?" + urlencode({**query, **options})
    if len(url) > LONGEST_LINK:
        raise TooLongError(
            say(
                gettext_noop(
                    "The request is too long for a URL: %(length)s characters, the limit is %(most)s."
                ),
                length=f"{len(url):,}",
                most=f"{LONGEST_LINK:,}",
            )
        )
    return url


def docs_url(path: str) -> str:
    """Return a page's address: `api/streaming` → `/docs/api/streaming`."""
    return reverse("docs") + quote(path)


def is_external(href: str) -> bool:
    return bool(_SCHEME.match(href)) or href.startswith("//")


def may_be_followed(href: str) -> bool:
    """Whether a link may be clickable: web, mail or phone. `javascript:` and `data:` stay text."""
    scheme = _SCHEME.match(_DROPPED.sub("", href))
    return scheme is None or scheme[1].lower() in _SCHEMES


def target(href: str, page: str) -> tuple[str, str]:
    """Resolve `href` on the page `page` to a path within the folder and its `?query#anchor`.

    `./x#y` on `api/index.md` is `("api/x", "#y")`. A leading `/` means the folder's root, as in
    VitePress. Raises `ValueError` if it leads out of the folder.
    """
    path, suffix = re.fullmatch(r"([^?#]*)(.*)", href, re.DOTALL).groups()  # type: ignore[union-attr]
    path = unquote(path)
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(page), path)
    normal = posixpath.normpath(joined) if joined else "."
    if normal == ".." or normal.startswith("../"):
        raise ValueError("outside the folder")
    ends_in_folder = path == "" or path.endswith(("/", "/.", "/..")) or path in (".", "..")
    return ("" if normal == "." else normal + "/" * ends_in_folder), suffix
