"""People and their API tokens. The user model is our own: Django cannot swap it once there are databases."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.teams.models import Membership

# An account has gone over to who has its address; whoever had it must keep nothing that acts for it.
taken_over = Signal()


class User(AbstractUser):
    """A person who may sign in. With accounts, by `email`; others don't see the username."""

    def __str__(self) -> str:
        return self.email or self.username


class Token(models.Model):
    """A token by which a program acts for a member, until it expires, is revoked, or the member leaves.

    Only a digest of its secret is kept; `tail` is its last characters, by which people tell tokens apart.
    """

    member = models.ForeignKey(Membership, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    tail = models.CharField(max_length=4)
    sends = models.BooleanField(default=True)
    reads = models.BooleanField(default=True)
    made = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name
