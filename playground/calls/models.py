"""What was spent of daily budgets."""

from django.db import models


class Spent(models.Model):
    """What an account spent on a day (UTC): by the visitor `who`, or by all together if that is empty."""

    account = models.CharField(max_length=60)
    day = models.DateField()
    who = models.CharField(max_length=20, blank=True)
    calls = models.PositiveBigIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day", "who"], name="one_row_a_day")]

    def __str__(self) -> str:
        return f"{self.account} {self.day} {self.who or 'all'}"
