"""The user model: our own from the start, because Django cannot swap it once there are databases."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Somebody who may log in. Django's user, with nothing added yet."""
