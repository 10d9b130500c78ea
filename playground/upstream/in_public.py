"""Keep the address of a server with a public one out of what people see."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from playground.exchange.record import Exchange
from playground.network.public import shown_host
from playground.text.endpoint import Endpoint


def in_public(exchange: Exchange, endpoint: Endpoint) -> Exchange:
    """Replace the real address in what the server said. An answer stays as it came.

    A stream's events have gone through `renaming` as they arrived, and the failure before it was cut.
    """
    received, renamed = exchange.received, renaming(endpoint)
    if renamed is None or received is None:
        return exchange
    headers = tuple((name, renamed(value)) for name, value in received.headers)
    received = replace(received, reason=renamed(received.reason), headers=headers)
    # What a model writes is its own, even if it is an address.
    if not exchange.stream and not _is_answer(exchange):
        # Latin-1 maps each byte to one character, so binary data survives unchanged.
        body = renamed(received.body.decode("latin-1")).encode("latin-1")
        received = replace(received, body=body)
    return replace(exchange, received=received)


def renaming(endpoint: Endpoint) -> Callable[[str], str] | None:
    """Return what replaces the real address in a text; None if people may see it."""
    return partial(public_text, endpoint=endpoint) if endpoint.public else None


def _is_answer(exchange: Exchange) -> bool:
    """Whether a body that was not streamed is a completion that reports no error."""
    return exchange.completion is not None and exchange.dialect.error(exchange.value) is None


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
