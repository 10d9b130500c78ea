"""Whose an email address is.

Capitals make no difference, of ASCII's letters alone: databases and Unicode take some others for these, such
as ſ for s and ı for i.
"""

from playground.people.models import User


def is_same(one: str, other: str) -> bool:
    return folded(one) == folded(other)


def folded(address: str) -> bytes:
    """Return what is equal for the same address. Of bytes, only ASCII's letters become small."""
    return address.encode(errors="replace").lower()


def person_of(address: str, **further: bool) -> User | None:
    """Return the person with an address."""
    found = User.objects.filter(email__iexact=address, **further).order_by("pk")
    return next((person for person in found if is_same(person.email, address)), None) if address else None
