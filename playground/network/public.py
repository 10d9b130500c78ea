"""The way from the address that people see to the one that is called, for a server that has both."""

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
