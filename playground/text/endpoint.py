"""Turn the base URL that people enter into the URL to call."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import idna

from playground.text import azure
from playground.text.pasted import bare
from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

_PORTS = {"http": 80, "https": 443}
# Labels may contain "_": host names may not, but Docker's service names do.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_HOST = 253
# What browsers and proxies accept. Also bounds the search for API names at the end of the path.
_LONGEST_URL = 2000
# urlsplit drops what follows the bracket: `[::1]9381`.
_AFTER_BRACKET = re.compile(r"\][^:]")
_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)*")
# The endpoints of APIs, by the end of their path. Longer paths come first.
_ENDPOINTS = {
    "/chat/completions": "Chat Completions",
    "/messages": "Messages",
    "/responses": "Responses",
    "/completions": "Completions",
    "/embeddings": "Embeddings",
}
_LOCAL = re.compile(r"(localhost|127\.|\[::1\]|10\.|192\.168\.|host\.docker\.internal)", re.IGNORECASE)


class BaseURLError(SentenceError):
    """The base URL can't be used. `ending` is the path of another API's endpoint, if the URL is one."""

    def __init__(self, sentence: Sentence, ending: str = "") -> None:
        super().__init__(sentence)
        self.ending = ending


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider's address. `base_url` is normalized: ASCII, no trailing slash.

    It has a path, unless the URL entered was an endpoint right below the host, such as
    `https://host/chat/completions`: then `whole` is that path. `public` is the base URL to show instead, ""
    to show this one.
    """

    base_url: str
    scheme: str
    host: str
    port: int
    whole: str = ""
    public: str = ""

    @property
    def shown(self) -> str:
        """The base URL that people see, in code and everywhere else."""
        return self.public or self.base_url

    @property
    def origin(self) -> str:
        """Whom a key for this endpoint may be sent to, with the port written out."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def is_azure(self) -> bool:
        return azure.is_azure(self.host)

    @property
    def given(self) -> str:
        """A URL that `parse` turns into this endpoint again."""
        return self.base_url + self.whole

    @classmethod
    def parse(cls, base_url: str, ending: str) -> "Endpoint":
        """Parse a base URL: `https://api.example.com` gets `/v1`, a path is kept. Raises `BaseURLError`.

        `ending` is the path of the endpoint to call. A full endpoint (`…/v1/chat/completions`) is reduced to
        its base and called as entered: people copy it from documentation. Azure's older addresses, with
        api-version, are read as its v1 endpoint.
        """
        text = bare(base_url)
        parts = _split(text, ending)
        if "@" in parts.netloc:
            raise BaseURLError(
                say(
                    gettext_noop(
                        "Remove the user name and password from the base URL. Enter your key under “API key”."
                    )
                )
            )
        host = _ascii_host(parts.hostname or "")
        if azure.is_azure(host) and (azure.is_old(host, parts) or not parts.path.strip("/")):
            copied = next((end for end in _ENDPOINTS if parts.path.endswith(end)), "")
            parts = parts._replace(path=azure.base_path(copied or ending) + copied, query="")
            text = parts.geturl()
        if "api-version=" in parts.query:
            sentence = gettext_noop("For Azure, use the v1 endpoint without api-version: %(base_url)s.")
            v1 = f"https://RESOURCE.openai.azure.com{azure.base_path(ending)}"
            raise BaseURLError(say(sentence, base_url=v1))
        if "?" in text or "#" in text:
            raise BaseURLError(say(gettext_noop("Remove “?” or “#” and what follows from the base URL.")))
        if parts.port == 0:
            raise BaseURLError(say(gettext_noop("Change the port. Port 0 isn’t valid.")))
        default = _PORTS[parts.scheme]
        netloc = f"[{host}]" if ":" in host else host
        if parts.port is not None and parts.port != default:
            netloc += f":{parts.port}"
        origin, path = f"{parts.scheme}://{netloc}", _normal_path(parts.path)
        base = _base_path(origin, path, ending)
        whole = ending if ending and not base and path.endswith(ending) else ""
        return cls(
            origin + (base or ("" if whole else "/v1")), parts.scheme, host, parts.port or default, whole
        )


def _split(text: str, ending: str) -> SplitResult:
    if len(text) > _LONGEST_URL:
        raise _no_url()
    # urlsplit silently drops tabs and newlines, so the URL called would not be the one a person sees.
    if any(character.isspace() or ord(character) < 0x21 or character == "\\" for character in text):
        raise BaseURLError(
            say(gettext_noop("Remove spaces, line breaks, and backslashes from the base URL."))
        )
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        if "://" not in text:
            raise _missing_scheme(text, ending) from error
        raise _no_url() from error
    if parts.scheme not in _PORTS or not parts.hostname or _AFTER_BRACKET.search(parts.netloc):
        raise _missing_scheme(text, ending)
    return parts


def _no_url() -> BaseURLError:
    return BaseURLError(say(gettext_noop("This isn’t a URL. Enter one such as https://api.example.com/v1.")))


def _missing_scheme(text: str, ending: str) -> BaseURLError:
    """Return the error for `api.example.com/v1`, `localhost:11434`, or `https//…`; it suggests a full URL."""
    rest = re.sub(r"^(https?(?=[:/]))?[:/]+", "", text, flags=re.IGNORECASE)
    otherwise = BaseURLError(say(gettext_noop("Start the base URL with https:// or http:// and a host.")))
    if not rest or "://" in text:
        return otherwise
    try:
        meant = Endpoint.parse(("http://" if _LOCAL.match(rest) else "https://") + rest, ending)
    except BaseURLError:
        return otherwise
    sentence = gettext_noop("Start the base URL with https:// or http://. Did you mean %(base_url)s?")
    return BaseURLError(say(sentence, base_url=meant.given))


def _base_path(origin: str, path: str, ending: str) -> str:
    """Return the path without the endpoint at its end. Raises `BaseURLError` for another API's endpoint."""
    before = None
    while before != path:
        before, path = path, path.removesuffix(ending).rstrip("/")
        if re.search("/v[0-9][^/]*/models$", path):  # elsewhere it can be the base itself, as on Azure
            path = path.removesuffix("/models")
    for end, name in _ENDPOINTS.items():
        if path.endswith(end):
            sentence = gettext_noop(
                "This is an address of %(name)s. For %(dialect)s, use the base URL %(base_url)s."
            )
            dialect, base = _ENDPOINTS.get(ending, ending), origin + (path.removesuffix(end) or "/v1")
            raise BaseURLError(say(sentence, name=name, dialect=dialect, base_url=base), end)
    return path


def _normal_path(path: str) -> str:
    """Normalize the path as client libraries do (RFC 3986, 6.2.2), so that the URL shown is the URL sent."""
    path = re.sub("%[0-9A-Fa-f]{2}", _normal_escape, path).rstrip("/")
    if not _PATH.fullmatch(path):
        raise BaseURLError(say(gettext_noop("Percent-encode special and non-ASCII characters in the path.")))
    if {".", ".."} & set(path.split("/")):
        raise BaseURLError(say(gettext_noop("Remove “.” and “..” from the path of the base URL.")))
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
        raise _invalid_host(host) from error
    name = name.removesuffix(".")  # the DNS root, which certificates leave out
    if len(name) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, name.split("."))):
        raise _invalid_host(host)
    return name


def _ipv6(host: str) -> str:
    """Return the canonical form (RFC 5952).

    Rejects zones (`fe80::1%…`) and future versions (`v1.…`), in which urlsplit accepts any text.
    """
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError as error:
        raise _invalid_host(host) from error
    if address.scope_id is not None:
        raise _invalid_host(host)
    return str(address)


def _invalid_host(host: str) -> BaseURLError:
    return BaseURLError(say(gettext_noop("“%(host)s” isn’t a valid host name."), host=host[:80]))
