"""A call before it is made: where it goes, and what is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Auth:
    """The header in which a key is sent. `id` is its name in the provider list."""

    id: str
    header: str
    prefix: str = ""

    def headers(self, key: str) -> Headers:
        """Return the header with the key; none for an empty key."""
        return ((self.header, self.prefix + key),) if key else ()


BEARER = Auth("bearer", "Authorization", "Bearer ")
X_API_KEY = Auth("x-api-key", "x-api-key")
API_KEY = Auth("api-key", "api-key")  # Azure
AUTHS = {auth.id: auth for auth in (BEARER, X_API_KEY, API_KEY)}


@dataclass(frozen=True, slots=True)
class Call:
    """`base_url` has no trailing slash; `key_variable` is None for a server that takes no key.

    `headers` are those that the API requires, then the provider's; `auth` is the one with the key. `body`
    is the request as people write it, and `wire` is the part of it that is posted. `streams` says whether it
    asks for a stream.
    """

    base_url: str
    url: str
    key_variable: str | None
    body: Mapping[str, Any]
    auth: Auth
    headers: Headers
    wire: Mapping[str, Any]
    streams: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A language or tool to write the call in. `lexer` is Pygments' name of the language."""

    id: str
    label: str
    note: str
    lexer: str
    render: Callable[[Call], str]
