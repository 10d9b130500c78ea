"""Encrypt everything again under the first data key."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction

from playground.keys import sealing
from playground.keys.models import Key

# Where django-allauth keeps the secrets of second factors, in `Authenticator.data`.
_OF_FACTORS = ("secret", "seed")


@dataclass
class Rotated:
    """How many secrets were encrypted again, and how many could not be read and were left alone."""

    count: int = 0
    unreadable: int = 0

    def again(self, text: str) -> str:
        try:
            text = sealing.sealed(sealing.opened(text) if sealing.is_sealed(text) else text)
            self.count += 1
        except sealing.UnreadableError:
            self.unreadable += 1
        return text


@transaction.atomic
def rotate() -> Rotated:
    """Encrypt keys and second factors again, all or none. Second factors from before are encrypted now."""
    done = Rotated()
    for key in Key.objects.select_for_update().order_by("pk"):
        key.sealed = done.again(key.sealed)
        key.save(update_fields=["sealed"])
    if apps.is_installed("allauth.mfa"):
        factors: Any = apps.get_model("mfa", "Authenticator")  # type: ignore[misc]  # not without accounts
        for factor in factors.objects.select_for_update().order_by("pk"):
            held = {name: factor.data[name] for name in _OF_FACTORS if isinstance(factor.data.get(name), str)}
            if held:
                factor.data |= {name: done.again(text) for name, text in held.items()}
                factor.save(update_fields=["data"])
    return done
