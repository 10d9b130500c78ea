"""A server with two addresses: the public one that people see, and the internal one that is called."""

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from playground.text.endpoint import Endpoint


def target(endpoint: Endpoint, shown: str) -> str:
    """Return the path to ask for, given that of a URL under `endpoint.shown`."""
    if not endpoint.public:
        return shown
    return urlsplit(endpoint.base_url).path + shown.removeprefix(urlsplit(endpoint.public).path)


def shown_host(endpoint: Endpoint) -> str:
    """Return the host that people see, as a header has it."""
    return urlsplit(endpoint.shown).netloc


def renaming(endpoint: Endpoint) -> Callable[[str], str] | None:
    """Return the replacement for the real address in a text; None if people may see it."""
    return partial(public_text, endpoint=endpoint) if endpoint.public else None


def public_text(text: str, endpoint: Endpoint) -> str:
    """Replace the real base URL and host in a text by the public ones.

    A name without a dot, such as Docker's, can be a word: it is the host only after a slash or a quote, or
    before its port. An address may be escaped as in a query (`?next=http%3A%2F%2F10.0.0.5`), and letters
    beyond ASCII end a word, as in `无法连接10.0.0.5`.
    """
    host, port = re.escape(endpoint.host), rf"(?::|%3A){endpoint.port}\b"
    inside = r"(?:(?<![\w.-])|(?<=%2F))"
    if not re.search("[.:]", endpoint.host):
        inside = rf"(?:(?<=[/'])|(?<=%2F)|{inside}(?={host}{port}))"
    named = re.compile(rf"{inside}\[?{host}\]?(?:{port})?(?![\w-]|\.\w)", re.IGNORECASE | re.ASCII)
    return named.sub(lambda _: shown_host(endpoint), text.replace(endpoint.base_url, endpoint.public))
