"""A public link to a run, and a comment on one. Both go with the run, and with the account that made them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.runs.models import Run


class Link(models.Model):
    """A link that opens without signing in, until it `expires`. Revoking it deletes it.

    Only a digest of its secret is kept. `file` is the compressed proof file that it shows, as it was when the
    link was made, of `size` bytes.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="links")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(db_index=True)
    opened = models.PositiveBigIntegerField(default=0)
    last_opened = models.DateTimeField(null=True, blank=True)
    size = models.PositiveBigIntegerField()
    file = models.BinaryField()

    class Meta:
        verbose_name = _("public link")
        verbose_name_plural = _("public links")

    def __str__(self) -> str:
        return f"{self.run_id} {self.expires:%Y-%m-%d %H:%M}"


class Comment(models.Model):
    """What a member wrote about a run: plain text. `edited` is when it was last changed."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="comments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.TextField()
    made = models.DateTimeField(default=timezone.now)
    edited = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.person} · {self.made:%Y-%m-%d %H:%M}"
