"""The app for scheduled tasks."""

from django.apps import AppConfig


class SchedulerConfig(AppConfig):
    name = "playground.scheduler"
