"""The app for mail."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "playground.mail"
