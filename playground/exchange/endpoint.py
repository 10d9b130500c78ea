"""From the base URL that people give to the URL that is called."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna

from playground.exchange.text import SentenceError, gettext_noop, say

CHAT_COMPLETIONS = "/chat/completions"
_PORTS = {"http": 80, "https": 443}
# Labels may hold "_", which is no host name but is in use (Docker's service names).
_HOST = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
# urlsplit drops it: `[::1]9381`.
_BEHIND_BRACKET = re.compile(r"\][^:]")
_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)*")


class BaseURLError(SentenceError):
    """A base URL that cannot be called; `sentence` says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider's address. `base_url` is normalised: ASCII, no slash at its end, a path of its own."""

    base_url: str
    scheme: str
    host: str
    port: int

    @property
    def chat_completions(self) -> str:
        return self.base_url + CHAT_COMPLETIONS

    @property
    def models(self) -> str:
        return self.base_url + "/models"

    @classmethod
    def parse(cls, base_url: str) -> "Endpoint":
        """`https://api.example.com` gets `/v1`; a base with a path keeps it. Raises `BaseURLError`.

        A whole endpoint (`…/v1/chat/completions`) is taken for the base it stands on: people copy it
        from documentation.
        """
        text = base_url.strip()
        # urlsplit drops tabs and newlines silently; a person should see what is called.
        if any(character.isspace() or ord(character) < 0x21 or character == "\\" for character in text):
            raise BaseURLError(say(gettext_noop("A base URL has no spaces, line breaks or backslashes.")))
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise BaseURLError(
                say(gettext_noop("This is no URL. Write it like https://api.example.com/v1."))
            ) from error
        if parts.scheme not in _PORTS or not parts.hostname or _BEHIND_BRACKET.search(parts.netloc):
            raise BaseURLError(
                say(gettext_noop("A base URL starts with https:// or http:// and names a host."))
            )
        if "@" in parts.netloc:
            raise BaseURLError(
                say(gettext_noop("A base URL carries no user name or password; the key has its own field."))
            )
        if "?" in text or "#" in text:
            raise BaseURLError(say(gettext_noop("A base URL has no “?” or “#” part.")))
        if port == 0:
            raise BaseURLError(say(gettext_noop("Port 0 cannot be called.")))
        host = _ascii_host(parts.hostname)
        path = _normal_path(parts.path).removesuffix(CHAT_COMPLETIONS).rstrip("/") or "/v1"
        default = _PORTS[parts.scheme]
        netloc = f"[{host}]" if ":" in host else host
        if port is not None and port != default:
            netloc += f":{port}"
        return cls(f"{parts.scheme}://{netloc}{path}", parts.scheme, host, port or default)


def _normal_path(path: str) -> str:
    """The path as a client library writes it (RFC 3986, 6.2.2): what is shown is what is sent."""
    path = re.sub("%[0-9A-Fa-f]{2}", _normal_escape, path).rstrip("/")
    if not _PATH.fullmatch(path):
        raise BaseURLError(say(gettext_noop("The path of a base URL is ASCII; percent-encode the rest.")))
    if {".", ".."} & set(path.split("/")):
        raise BaseURLError(say(gettext_noop("The path of a base URL has no “.” or “..” parts.")))
    return path


def _normal_escape(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    unreserved = character.isascii() and (character.isalnum() or character in "-._~")
    return character if unreserved else escape[0].upper()


def _ascii_host(host: str) -> str:
    if ":" in host:
        return _ipv6(host)
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise _no_host_name(host) from error
    if not _HOST.fullmatch(name):
        raise _no_host_name(host)
    return name.removesuffix(".")  # the same host with and without: it has one name for every rule


def _ipv6(host: str) -> str:
    """In its canonical form (RFC 5952). urlsplit takes a zone (`fe80::1%…`) or a future version (`v1.…`) with
    whatever text it has."""
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError as error:
        raise _no_host_name(host) from error
    if address.scope_id is not None:
        raise _no_host_name(host)
    return str(address)


def _no_host_name(host: str) -> BaseURLError:
    return BaseURLError(say(gettext_noop("“%(host)s” is no host name."), host=host[:80]))
