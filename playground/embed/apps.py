"""The app of the embeds, which alone in the playground has a database."""

from django.apps import AppConfig


class EmbedConfig(AppConfig):
    name = "playground.embed"
    label = "embed"
    verbose_name = "Embeds"
    default_auto_field = "django.db.models.BigAutoField"
