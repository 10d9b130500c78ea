"""When each task is due."""

from django.db import models


class Due(models.Model):
    """A task by its name, and when it is due next. Who moves the time on does it."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} · {self.at:%Y-%m-%d %H:%M}"
