"""The app for settings of embeds. The models are in `embeds`."""

from django.apps import AppConfig


class EmbedSettingsConfig(AppConfig):
    name = "playground.embed_settings"
