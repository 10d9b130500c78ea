"""A real mail server on loopback, which keeps what it takes."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.browser.host import free_port

USER, PASSWORD = "playground", "p@ss/word"


class Box:
    """What was taken: the envelope’s addresses, and the mail. If `says` is set, nothing is: it says that."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.says = ""
        self.url = self.authority = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        del server, session
        if self.says:
            return self.says
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 OK"


class _Server(Controller):  # type: ignore[misc]  # it has no types
    def factory(self) -> SMTP:
        return SMTP(
            self.handler, authenticator=_check, auth_required=True, require_starttls=True, **self.SMTP_kwargs
        )


def _check(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    del server, session, envelope, mechanism
    return AuthResult(success=given == LoginPassword(USER.encode(), PASSWORD.encode()))


@contextmanager
def receiving() -> Iterator[Box]:
    """Run a server that takes mail from whoever logs in after STARTTLS.

    `SSL_CERT_FILE` has to name `box.authority`.
    """
    box, authority = Box(), trustme.CA()
    encrypted = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(encrypted)
    server = _Server(box, hostname="127.0.0.1", port=free_port(), tls_context=encrypted)
    server.start()
    box.url = f"smtp+tls://{USER}:p%40ss%2Fword@127.0.0.1:{server.port}"
    try:
        with authority.cert_pem.tempfile() as box.authority:
            yield box
    finally:
        server.stop()
