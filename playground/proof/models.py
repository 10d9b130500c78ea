"""The key with which this playground signs proof files."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SigningKey(models.Model):
    """An Ed25519 key pair, made when it is first needed. The first one signs.

    It is in the database because that is what all workers and machines share and what survives a restart:
    `scripts/play` makes a new secret key at each start. `private` and `public` are the raw 32 bytes.
    """

    private = models.BinaryField()
    public = models.BinaryField(unique=True)
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")

    def __str__(self) -> str:
        return bytes(self.public).hex()[:16]

    def __repr__(self) -> str:
        return f"SigningKey({self})"
