"""How far the audit log has been told by mail."""

from django.db import models


class Told(models.Model):
    """The only row: events up to the number `event` have been told."""

    event = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.event)
