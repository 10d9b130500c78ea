"""The app for prompts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PromptsConfig(AppConfig):
    name = "playground.prompts"
    verbose_name = _("Prompts")
