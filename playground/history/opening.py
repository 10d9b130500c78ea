"""Open a proof file: who recorded it, whether it is unchanged, and the call in the playground's page."""

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods

from playground.history.views import form_of
from playground.proof import keys
from playground.proof.file import Proof, ProofError, State, read
from playground.results.present import Result
from playground.text.sentence import Sentence, gettext_noop, say
from playground.web.page import render_page

_logger = logging.getLogger(__name__)
_NO_FILE = gettext_noop("Choose a file first.")
_TOO_MANY = gettext_noop(
    "The request in the file has %(given)s messages. This playground shows up to %(most)s. (Administrators "
    "can raise PLAYGROUND_MESSAGES.)"
)
KEY_PATH = "/.well-known/api-playground-key.json"


@dataclass(frozen=True)
class Opened:
    """A proof file as the page shows it. `is_ours` says whether this playground signed it."""

    proof: Proof
    is_ours: bool

    @property
    def is_reliable(self) -> bool:
        return self.proof.state is not State.CHANGED

    @property
    def is_resaved(self) -> bool:
        return self.proof.state is State.RESAVED

    @property
    def fingerprint(self) -> str:
        return keys.fingerprint(self.proof.key)

    @property
    def key_url(self) -> str:
        """The URL of the public key of the playground that the file names; "" if it names none."""
        try:
            parts = urlsplit(self.proof.playground)
            named = bool(parts.hostname) and parts.scheme in ("http", "https")
        except ValueError:
            return ""
        return f"{parts.scheme}://{parts.netloc}{KEY_PATH}" if named and "@" not in parts.netloc else ""


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
def open_proof(request: HttpRequest) -> HttpResponse:
    """Ask for a file, or show the one that was uploaded."""
    if request.method != "POST":
        return _asking(request)
    uploaded = request.FILES.get("file")
    if uploaded is None:
        return _asking(request, say(_NO_FILE))
    try:
        proof = read(uploaded)
    except ProofError as error:
        return _asking(request, error.sentence)
    dialect, body = proof.exchange.dialect, proof.exchange.call.body
    messages = len(dialect.rows(body.get(dialect.fields.prompt)) or ())
    if messages > (most := settings.LIMITS.messages):
        return _asking(request, say(_TOO_MANY, given=messages, most=most))
    opened = Opened(proof, _is_ours(proof.key))
    form = form_of(proof.exchange)
    return render_page(
        request, form, result=Result(proof.exchange), opened=opened, template="history/opened.html"
    )


def _asking(request: HttpRequest, problem: Sentence | None = None) -> HttpResponse:
    return render(request, "history/open.html", {"problem": problem}, status=422 if problem else 200)


def _is_ours(key: bytes) -> bool:
    """Without the database we can't tell, so the page shows the fingerprint, as for any other key."""
    try:
        return keys.is_ours(key)
    except DatabaseError:
        _logger.exception("The signing keys can't be read")
        return False
