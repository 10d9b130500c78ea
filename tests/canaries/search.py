"""Search for secrets in what the playground wrote or showed, in the spellings that a text may have."""

import base64
import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from urllib.parse import quote

# As in the playground: local servers take any word as a key ("none", "ollama"), and pages have words.
SHORTEST = 8


@dataclass(frozen=True)
class Allowed:
    """A place that may show a kind of secret, and why: patterns of all of the kind and of the place."""

    kind: str
    where: str
    why: str


# Keys that tests make of what is in each request, and a second factor from before they were encrypted.
NO_SECRETS = re.compile(r"""[\W]*(messages|content|model)[\W]*|JBSWY3DPEHPK3PXP""")
ALLOWED = (
    Allowed("an API token", r"response POST /teams/\d+/tokens/", "it is shown once, when it is made"),
    Allowed("an invitation", r"response POST /teams/\d+/change/", "its link is shown once, when it is made"),
    Allowed("an invitation", r"response \w+ /invitations/", "its own page; the address is in its form"),
    Allowed("an invitation", r"output of manage.py people invite", "it is shown once, when it is made"),
    Allowed("an invitation", r"mail", "its link is mailed to whom it is for"),
    Allowed("a second factor", r"response \w+ /accounts/2fa/", "whoever sets it up needs it"),
    Allowed("a public link", r"response POST /runs/\w+/link/", "it is shown once, when it is made"),
    Allowed("a public link", r"response \w+ /shared/", "its own page; the address is in its links"),
)


@lru_cache(1000)
def spellings(secret: str) -> frozenset[bytes]:
    """Return the secret as it is, escaped, and in hex and base64, also within longer base64."""
    raw = secret.encode(errors="surrogatepass")
    texts = {quote(secret, safe="", errors="replace"), json.dumps(secret)[1:-1], html.escape(secret)}
    texts |= {raw.hex(), raw.hex().upper()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            # Six bits per letter: the first and the last may share bits with the secret's neighbors.
            encoded = encode(b"\0" * before + raw).decode()
            texts.add(encoded[-(-8 * before // 6) : 8 * (before + len(raw)) // 6])
    return frozenset({raw, *(text.encode(errors="surrogatepass") for text in texts)})


def leaks(secrets: Mapping[str, str], seen: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return where secrets are seen. `secrets` are values with their kinds, `seen` places with texts."""
    whole = chain.from_iterable(((where, text) for text in _unpacked(data)) for where, data in seen)
    places = [(where, text) for where, text in dict.fromkeys(whole) if len(text) >= SHORTEST]
    # One search in all of it for each spelling: most tests have many short texts, and no leak.
    everything = b"\0\n".join(text for _, text in places)
    found = []
    for secret, kind in secrets.items() if places else ():
        if NO_SECRETS.fullmatch(secret):
            continue
        there = [spelling for spelling in spellings(secret) if spelling in everything]
        for where, text in places if there else ():
            if any(spelling in text for spelling in there) and not _is_allowed(kind, where):
                found.append(f"{kind}, {secret!r}, is in: {where}")
    return list(dict.fromkeys(found))


def _is_allowed(kind: str, where: str) -> bool:
    return any(kind == allowed.kind and re.match(allowed.where, where) for allowed in ALLOWED)


def is_packed(data: bytes) -> bool:
    """Whether it may be compressed: a run's record, or a session, which Django signs."""
    return data[:1] == b"x" or data[:3] == b".eJ"


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield data, and what is compressed in it."""
    yield data
    if is_packed(data):
        try:
            if data[:1] == b".":
                data = data[1:].partition(b":")[0]
                data = base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))
            yield zlib.decompress(data)
        except (zlib.error, ValueError):
            pass
