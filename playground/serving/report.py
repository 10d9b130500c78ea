"""Django's error report (its debug page, and its mail to admins) without any input.

Django's own shows the form, the URL, headers, cookies, each frame's variables and the exception's message,
all of which may contain keys and prompts.
"""

import platform
from typing import Any

import django
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, get_caller

from playground.serving.traces import name, trace


class Reporter(ExceptionReporter):
    def get_traceback_data(self) -> dict[str, Any]:
        """Collect the labeled facts for both the text and the HTML report."""
        facts = {"Django": django.get_version(), "Python": platform.python_version()}
        if self.request is not None:
            facts["View"] = get_caller(self.request)
        if template := self.template_info:
            facts["Template"] = f"{template['name']}, line {template['line']}"
        facts["Settings"] = settings.SETTINGS_MODULE
        return facts

    def get_traceback_text(self) -> SafeString:
        return SafeString(self._text)  # plain text, so there is nothing to escape

    def get_traceback_html(self) -> SafeString:
        return format_html(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>{}</title><pre>{}</pre></html>',
            self._title,
            self._text,
        )

    @property
    def _text(self) -> str:
        facts = [f"{label}: {fact}" for label, fact in self.get_traceback_data().items() if fact]
        return "\n".join([self._title, "", *facts, "", self._trace, ""])

    @property
    def _title(self) -> str:
        return name(self.exc_value) if isinstance(self.exc_value, BaseException) else "Report"

    @property
    def _trace(self) -> str:
        return trace(self.exc_value) if isinstance(self.exc_value, BaseException) else ""
