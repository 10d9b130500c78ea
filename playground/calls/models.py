"""What was spent of budgets."""

from django.db import models


class Spent(models.Model):
    """What an account spent in the period that begins on `day`: by `who`, or by all together if that is "".

    `nanousd` is in billionths of a US dollar. `warned`: somebody was told that little is left.
    """

    account = models.CharField(max_length=60)
    day = models.DateField()
    who = models.CharField(max_length=20, blank=True)
    calls = models.PositiveBigIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    nanousd = models.PositiveBigIntegerField(default=0, db_default=0)
    warned = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day", "who"], name="one_row_a_day")]

    def __str__(self) -> str:
        return f"{self.account} {self.day} {self.who or 'all'}"
