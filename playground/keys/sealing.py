"""Encryption under PLAYGROUND_DATA_KEYS. A key’s ciphertext also holds what the key is for."""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Sequence
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

# In the documentation of projects that use the same format, so that somebody has copied them.
KNOWN = frozenset((
    "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=",  # Fernet’s specification
    "JrdICDH6x3M7duQeM8dJEMK4Y5TkBIsYDw1lPy35RiY=",  # the tests of its first versions
    "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=",  # Airflow
    "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=",  # Airflow's compose file
))  # fmt: skip
# Of 32 random bytes, fewer than 20 different ones are as good as impossible.
_FEWEST_BYTES = 20
# What every token of Fernet begins with: its version, and the first bytes of a time before the year 2106.
_BEGINNING = "gAAAAA"


class UnreadableError(Exception):
    """No data key opens the ciphertext, or it is for something else."""


def new_key() -> str:
    """Return a data key that can be used."""
    while problem([key := Fernet.generate_key().decode()], ""):
        pass
    return key


def problem(keys: Sequence[str], secret_key: str) -> str | None:
    """Return what is wrong with the data keys; None if nothing is. Never quotes them."""
    for number, key in enumerate(keys, start=1):
        if wrong := _problem(key, secret_key):
            return f"key {number} {wrong}"
    return "the same key occurs twice" if len(set(keys)) < len(keys) else None


def _problem(key: str, secret_key: str) -> str | None:
    try:
        data = base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        data = b""
    if len(data) != 32:
        return "is malformed"
    derived = [secret_key.encode()[:32], hashlib.sha256(secret_key.encode()).digest()]
    if secret_key and (key.rstrip("=") in secret_key or data in derived):
        return "is made from PLAYGROUND_SECRET_KEY"
    if key in KNOWN:
        return "is an example that everybody knows"
    if len(set(data)) < _FEWEST_BYTES or data.isascii():
        return "is not random"
    return None


def is_on() -> bool:
    """Whether there are data keys, so that secrets can be kept."""
    return bool(settings.CONFIG.data_keys)


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def sealed(text: str) -> str:
    """Encrypt under the first data key."""
    return _fernet(settings.CONFIG.data_keys).encrypt(text.encode()).decode()


def opened(text: str) -> str:
    """Decrypt. Raises `UnreadableError`."""
    try:
        return _fernet(settings.CONFIG.data_keys).decrypt(text).decode()
    except (InvalidToken, ValueError) as error:
        raise UnreadableError from error


def is_sealed(text: str) -> bool:
    """Whether a text of ASCII letters and digits is a ciphertext; hexadecimal and base32 never are."""
    return text.startswith(_BEGINNING)


def seal_key(key: str, team: int, person: int | None, origins: Collection[str]) -> str:
    """Encrypt a key of a team, or of a person in it, for the origins that it may be sent to."""
    held = {"team": team, "person": person, "origins": sorted(origins), "key": key}
    return sealed(json.dumps(held))


def open_key(text: str, team: int, person: int | None) -> tuple[str, frozenset[str]]:
    """Decrypt a key; return it and the origins that it may be sent to.

    Raises `UnreadableError`, also if it was sealed for another team or person.
    """
    held = json.loads(opened(text))
    if (held["team"], held["person"]) != (team, person):
        raise UnreadableError
    return held["key"], frozenset(held["origins"])


def fingerprint(key: str, team: int) -> str:
    """Return by which people recognize a key; without PLAYGROUND_SECRET_KEY, it says nothing about it."""
    return salted_hmac(f"playground.keys:{team}", key, algorithm="sha256").hexdigest()[:8]
