"""Sign and verify with Ed25519. Keys and signatures are raw bytes, in hexadecimal where people see them."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction

from playground.database import in_turn
from playground.proof.models import SigningKey

ALGORITHM = "Ed25519"
# The order is 8 at most: of so many texts, more than one in eight has the same signature.
_OTHER_TEXTS = 64


def signing_key() -> Ed25519PrivateKey:
    """Return this playground's key; make it if there is none yet. Raises `DatabaseError`."""
    stored = in_turn(lambda: SigningKey.objects.order_by("pk").first()) or in_turn(_made)
    return Ed25519PrivateKey.from_private_bytes(bytes(stored.private))


def public_key() -> bytes:
    """Return the public part of `signing_key`. Raises `DatabaseError`."""
    return signing_key().public_key().public_bytes_raw()


def is_ours(public: bytes) -> bool:
    """Whether this playground has the private key to a public one. Raises `DatabaseError`."""
    return in_turn(lambda: SigningKey.objects.filter(public=public).exists())


def verifies(public: bytes, signature: bytes, data: bytes) -> bool:
    # With a public key of small order, which has no private key, a signature is for up to all texts.
    others = (bytes([number]) for number in range(_OTHER_TEXTS))
    return _is_for(public, signature, data) and not any(_is_for(public, signature, text) for text in others)


def _is_for(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):  # ValueError: the bytes aren't a key
        return False
    return True


def fingerprint(public: bytes) -> str:
    """Return what people compare: the start of the key's SHA-256, in groups of four."""
    digits = hashlib.sha256(public).hexdigest()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def _made() -> SigningKey:
    with transaction.atomic():
        key = Ed25519PrivateKey.generate()
        # With a fixed number, two processes can't both make the first one.
        stored, _ = SigningKey.objects.get_or_create(
            pk=1,
            defaults={"private": key.private_bytes_raw(), "public": key.public_key().public_bytes_raw()},
        )
        return stored
