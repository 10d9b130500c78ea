"""Sending mail. Nothing in the playground depends on its arrival."""

import logging
from enum import Enum
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

# An admin waits for it.
_SECONDS = 10

_logger = logging.getLogger(__name__)


class Sent(Enum):
    """What became of a mail: taken by the server, refused for good, or to be tried again."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"


def is_on() -> bool:
    return bool(settings.CONFIG.mail_url)


def send(addresses: list[str], subject: str, text: str) -> Sent:
    """Hand a mail to the server. A failure is logged without the addresses and the text."""
    try:
        mail = EmailMessage(subject, text, settings.CONFIG.mail_from, addresses, connection=_server())
        mail.send()
    except (OSError, SMTPException) as error:
        _logger.warning("A mail was not sent: %s", _reason(error))
        return Sent.REFUSED if _is_final(error) else Sent.LATER
    return Sent.TAKEN


def _server() -> EmailBackend:
    url = settings.CONFIG.mail_url
    return EmailBackend(
        url.host,
        url.port,
        url.user,
        url.password,
        use_tls=url.scheme == "smtp+tls",
        use_ssl=url.scheme == "smtps",
        timeout=_SECONDS,
    )


def _codes(error: Exception) -> list[int]:
    if isinstance(error, SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, SMTPResponseException) else []


def _is_final(error: Exception) -> bool:
    """Whether the server says so (RFC 5321, 4.2.1), of this mail and not of our login."""
    codes = _codes(error)
    return bool(codes) and min(codes) >= 550


def _reason(error: Exception) -> str:
    return " ".join([type(error).__name__, *map(str, _codes(error))])
