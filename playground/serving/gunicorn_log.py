"""gunicorn's log without what a request said: its own lines quote the link, and what it could not read."""

import logging
import re
import sys
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger

from playground.serving.traces import TraceFormatter, name

# A link's query holds a prompt. gunicorn splits a request line at spaces, so none is in it.
_QUERY = re.compile("[?][^ ]*")


class Formatter(TraceFormatter):
    def message(self, record: logging.LogRecord) -> str:
        message = super().message(record)
        # "Invalid request from ip=…: …" comes with the error's text in it: the line that could not be read.
        if (error := sys.exception()) and (text := str(error)):
            message = message.replace(text, name(error))
        return _QUERY.sub("?…", message)


class Logger(GunicornLogger):  # type: ignore[misc]
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            if handler.formatter:
                handler.setFormatter(Formatter(handler.formatter._fmt, handler.formatter.datefmt))
