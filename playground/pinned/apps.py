"""The app for pinned runs."""

from django.apps import AppConfig


class PinnedConfig(AppConfig):
    name = "playground.pinned"
