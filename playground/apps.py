"""The Django app for the whole project."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    name = "playground"
    verbose_name = "API Playground"

    def ready(self) -> None:
        from playground import checks  # noqa: F401 -- registers the checks
        from playground.rendering import nodes

        nodes.install()
