"""Our own user model, from the start: Django cannot swap it once there are databases."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who may sign in. With accounts, by `email`; others don't see the username."""

    def __str__(self) -> str:
        return self.email or self.username
