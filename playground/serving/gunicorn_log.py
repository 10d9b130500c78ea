"""gunicorn's log without request content: its own lines quote the URL and the line it could not parse."""

import logging
import re
import sys
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger

from playground.serving.traces import TraceFormatter, name

# The query of a link may hold a prompt. It has no spaces, because gunicorn splits the request line at them.
_QUERY = re.compile("[?][^ ]*")


class Formatter(TraceFormatter):
    def message(self, record: logging.LogRecord) -> str:
        message = super().message(record)
        # "Invalid request from ip=…: …" quotes the exception's text, which has the line that could not be
        # parsed.
        if (error := sys.exception()) and (text := str(error)):
            message = message.replace(text, name(error))
        return _QUERY.sub("?…", message)


class Logger(GunicornLogger):  # type: ignore[misc]
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            if handler.formatter:
                handler.setFormatter(Formatter(handler.formatter._fmt, handler.formatter.datefmt))
