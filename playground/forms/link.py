"""The request that a link carries: in the query, or compressed in the fragment."""

import binascii
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from playground import amounts
from playground.dialects import DEFAULT
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal, RefusedError
from playground.forms.fields import object_in
from playground.forms.incoming import check_count
from playground.text import jsontext
from playground.text.sentence import Sentence, gettext_noop, say


def link_body(text: str, dialect: Dialect = DEFAULT) -> dict[str, Any]:
    """Parse a link's request and check that it fits the form. Raises `InvalidRequestError`."""
    body = object_in(text, "request", say(gettext_noop("The request must be a JSON object.")))
    name = dialect.fields.prompt
    rows = dialect.rows(body.get(name, []))
    if rows is None:
        raise InvalidRequestError(
            FieldProblem(name, say(gettext_noop("Messages in a link must be an array of JSON objects.")))
        )
    check_count(dialect, len(rows))
    return body


# Limits of a fragment: the JSON in bytes, and its length in characters. Chromium allows URLs of 2 MiB.
_MOST_LINKED = 512 * 1024
_LONGEST_FRAGMENT = 1_000_000
_VERSION = 1
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class InvalidLinkError(RefusedError):
    """The link could not be opened; nothing was changed."""

    def __init__(self, advice: Sentence) -> None:
        super().__init__(Refusal(400, "invalid_link", say(gettext_noop("Link not opened")), advice))


def fragment(target: Mapping[str, str], body: bytes) -> str | None:
    """Return what follows `#` in a link: `r=` and the compressed request; None if it is too long.

    Browsers don't send fragments, so the request is in no server's log. It is JSON, deflated (RFC 1951), in
    base64url: `{"v": 1, "provider" or "base_url", "dialect", "request"}`. `target` has the strings, `body` is
    the request.
    """
    if len(body) > _MOST_LINKED:
        return None
    head = jsontext.dumps({"v": _VERSION, **target})
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(head[:-1] + b',"request":' + body + b"}") + packer.flush()
    text = "r=" + urlsafe_b64encode(packed).rstrip(b"=").decode()
    return text if len(text) <= _LONGEST_FRAGMENT else None


def in_fragment(text: str, most: int) -> dict[str, str]:
    """Read what follows `r=`, of up to `most` bytes of JSON, as the query of a link: `request` is JSON.

    Raises `InvalidLinkError`.
    """
    values = _values(_inflated(text, most))
    version = values.get("v")
    if version != _VERSION or isinstance(version, bool):
        raise InvalidLinkError(say(_FOREIGN))
    query = {
        name: value
        for name in ("provider", "base_url", "dialect")
        if isinstance(value := values.get(name), str)
    }
    return query | ({"request": jsontext.dumps(values["request"]).decode()} if "request" in values else {})


_DAMAGED = gettext_noop("The link is incomplete or damaged. Copy it again, in full.")
_FOREIGN = gettext_noop("Another version of the playground made this link. Ask for the request as JSON.")
_TOO_LARGE = gettext_noop(
    "The request in this link exceeds %(most)s. Ask for a shorter one. "
    "(Administrators can raise PLAYGROUND_REQUEST_BYTES.)"
)


def _inflated(text: str, most: int) -> bytes:
    if not _BASE64URL.fullmatch(text):
        raise InvalidLinkError(say(_DAMAGED))
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), most + 1)
    except (binascii.Error, zlib.error) as error:
        raise InvalidLinkError(say(_DAMAGED)) from error
    if len(data) > most:
        raise InvalidLinkError(say(_TOO_LARGE, most=amounts.size(most)))
    if not unpacker.eof or unpacker.unused_data:
        raise InvalidLinkError(say(_DAMAGED))
    return data


def _values(data: bytes) -> dict[str, Any]:
    try:
        values = jsontext.loads(data)
    except jsontext.JSONTextError as error:
        raise InvalidLinkError(say(_DAMAGED)) from error
    if not isinstance(values, dict):
        raise InvalidLinkError(say(_DAMAGED))
    return values
