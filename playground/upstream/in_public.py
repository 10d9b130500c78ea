"""Keep the address of a server with a public one out of what people see."""

import re
from dataclasses import replace

from playground.exchange.record import Exchange
from playground.network.public import shown_host
from playground.text.endpoint import Endpoint


def in_public(exchange: Exchange, endpoint: Endpoint) -> Exchange:
    """Replace the real address in what the server and the way to it said. An answer stays as it came."""
    received, failure = exchange.received, exchange.failure
    if not endpoint.public:
        return exchange
    if failure:
        failure = replace(failure, detail=public_text(failure.detail, endpoint))
    if received:
        headers = tuple((name, public_text(value, endpoint)) for name, value in received.headers)
        received = replace(received, headers=headers)
    # What a model writes is its own, even if it is an address.
    if received and not exchange.stream and exchange.completion is None:
        # Latin-1 maps each byte to one character, so binary data survives unchanged.
        body = public_text(received.body.decode("latin-1"), endpoint).encode("latin-1")
        received = replace(received, body=body)
    return replace(exchange, received=received, failure=failure)


def public_text(text: str, endpoint: Endpoint) -> str:
    """Replace the real base URL and host in a text by the public ones.

    A name without a dot, such as Docker's, can be a word: it is the host only after a slash or a quote, or
    before its port.
    """
    host, port = re.escape(endpoint.host), rf":{endpoint.port}\b"
    inside = r"(?<![\w.-])"
    if not re.search("[.:]", endpoint.host):
        inside = rf"(?:(?<=[/'])|{inside}(?={host}{port}))"
    named = re.compile(rf"{inside}\[?{host}\]?(?:{port})?(?![\w-]|\.\w)", re.IGNORECASE)
    return named.sub(lambda _: shown_host(endpoint), text.replace(endpoint.base_url, endpoint.public))
