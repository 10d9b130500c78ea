"""Our own user model, from the start: Django cannot swap it once there are databases."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who may log in. Nothing is added to Django's user yet."""
