"""The app of the embeds, which alone in the playground has a database."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EmbedConfig(AppConfig):
    name = "playground.embeds"
    label = "embed"
    verbose_name = _("Embeds")
    default_auto_field = "django.db.models.BigAutoField"
