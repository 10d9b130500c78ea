"""Log what happened without content: an exception's message may quote a prompt, a key, or a provider.

Its type and the files and lines of its traceback say where to look.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from copy import copy

from playground.trouble import chain, reason

_logger = logging.getLogger(__name__)
# Links that let whoever has them in: an invitation's, and one for a new password.
_SECRET = re.compile("^(/invitations/|/shared/|/accounts/password/reset/key/).+")


def trace(error: BaseException) -> str:
    """Format the exception and its causes like Python does, without their messages."""
    return "\n\n".join(_parts(error))


def _parts(error: BaseException) -> Iterator[str]:
    for place, link in enumerate(reversed(chain(error))):
        if place:
            yield "Which led to:"
        frames = "".join(traceback.format_tb(link.__traceback__))
        yield f"Traceback (most recent call last):\n{frames}{name(link)}"


def name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


class TraceFormatter(logging.Formatter):
    """Logs only the trace of an exception, and only the method and path of a request.

    If the disk, the database or the client is at fault, that is one line without a trace.
    """

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)
        record.exc_text = None  # cached by another formatter, message included
        record.msg, record.args = self.message(record), None
        if record.name.startswith("django.security."):
            record.exc_info = None
        elif isinstance(record.exc_info, tuple) and (error := record.exc_info[1]) and (why := reason(error)):
            record.msg, record.exc_info = f"{record.msg}: {why} ({_place(error)})", None
        return super().format(record)

    def message(self, record: logging.LogRecord) -> str:
        if path := getattr(getattr(record, "request", None), "path", None):
            return _describe_request(record, path)
        if isinstance(record.args, tuple):
            record.args = tuple(name(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
        return record.getMessage()

    def formatException(self, ei: object) -> str:  # noqa: N802 -- logging's name for it
        error = ei[1] if isinstance(ei, tuple) else None
        return trace(error) if error else ""


def _place(error: BaseException) -> str:
    """Return the last line of our own code in the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((frame for frame in reversed(frames) if "site-packages" not in frame.filename), None)
    return f"{name(error)} at {last.filename}:{last.lineno}" if last else name(error)


def _describe_request(record: logging.LogRecord, path: str) -> str:
    """Describe a request without Django's own text, which quotes exceptions.

    For CSRF it quotes the Referer too, which may be a link with a prompt.
    """
    reason = ""
    if record.name == "django.security.csrf" and isinstance(record.args, tuple):
        reason = f" ({str(record.args[0]).split(' - ')[0]})"
    elif record.name.startswith("django.security."):
        reason = f" ({record.name.rpartition('.')[2]})"
    method = getattr(record, "request").method  # noqa: B009 -- Django's addition to a record
    status = getattr(record, "status_code", "")
    path = _SECRET.sub(r"\1…", path.encode("unicode_escape").decode())
    return f"{status} {method} {path}{reason}".strip()


def log_what_nobody_catches() -> None:
    """Log errors that end a thread or occur in a destructor, which Python prints with their message."""
    threading.excepthook = _log_thread_error
    sys.unraisablehook = _log_unraisable


def _log_thread_error(event: threading.ExceptHookArgs) -> None:
    if event.exc_value and not isinstance(event.exc_value, SystemExit):
        _logger.error("A thread ended: %s", trace(event.exc_value))


def _log_unraisable(event: "sys.UnraisableHookArgs") -> None:
    if event.exc_value:
        _logger.error("Ignored: %s", trace(event.exc_value))
