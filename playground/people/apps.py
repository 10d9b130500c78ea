"""The app for people who log in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "playground.people"
    verbose_name = _("People")

    def ready(self) -> None:
        from playground.people import signals  # noqa: F401 -- registers them
