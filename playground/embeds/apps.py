"""Django's configuration of the embeds app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EmbedsConfig(AppConfig):
    name = "playground.embeds"
    verbose_name = _("Embeds")
