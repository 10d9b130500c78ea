"""Headers that are sent in addition to the API's own, by a provider's entry or by a person."""

import re
from enum import Enum

from playground.exchange.call import AUTHS

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
# People see extra headers in code: a gateway's key (`cf-aig-authorization`, `x-portkey-api-key`) is none.
# Parts of a name may run together (`X-AccessToken`, `clientsecret`); `max-tokens` and `monkey` are no keys.
_SECRET = re.compile(
    r"\w*(auth|authentication|authori[sz]ation|bearer|cookie|credentials?|creds|jwt|pass(code|phrase|w(or)?d)|pwd"
    r"|secret|token)\d*"
    r"|\w*(access|account|api|auth|client|master|private|secret|service|shared|subscription|virtual)keys?\d*"
    r"|keys?\d*",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[-_.]|(?<=[a-z])(?=[A-Z])")
# Headers that every call has anyway, those that frame a message, and those that carry a secret.
_NOT_EXTRA = frozenset((
    "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect",
    "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    "authorization", "cookie", "http2-settings", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "www-authenticate", "x-goog-api-key",
    *(auth.header.lower() for auth in AUTHS.values()),
))  # fmt: skip


class Wrong(Enum):
    """What is wrong with a header."""

    NAME = "name"
    NOT_EXTRA = "not extra"
    VALUE = "value"


def wrong_with(name: str, value: object) -> Wrong | None:
    """Return what is wrong with an extra header; None if it can be sent."""
    if not _TOKEN.fullmatch(name):
        return Wrong.NAME
    # Many servers read "_" as "-".
    if name.lower().replace("_", "-") in _NOT_EXTRA or any(map(_SECRET.fullmatch, _PARTS.split(name))):
        return Wrong.NOT_EXTRA
    return None if isinstance(value, str) and _VALUE.fullmatch(value) else Wrong.VALUE
