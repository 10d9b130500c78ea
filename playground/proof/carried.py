"""An exchange in a form field of its page, so that it can be saved although the server stores nothing.

The field is the compressed archive, signed with the server's secret key. Nobody else can make or change one.
"""

import base64
import json
import zlib

from django.core.signing import BadSignature, Signer

from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.runs.models import packed

# In characters: a form field of a page.
LONGEST = 2_000_000


def _signer() -> Signer:
    return Signer(salt="playground.proof.carried")


class CarriedError(ValueError):
    """The text wasn't made by this server, or was made with an earlier secret key."""


def carried(exchange: Exchange) -> str:
    """Return the exchange as a form field; "" if it is too large for one."""
    text = base64.urlsafe_b64encode(packed(exchange)).decode()
    return _signer().sign(text) if len(text) <= LONGEST else ""


def exchange_of(text: str) -> Exchange:
    """Return the exchange that `carried` gave. Raises `CarriedError`."""
    try:
        record = base64.urlsafe_b64decode(_signer().unsign(text))
        return archive.load(json.loads(zlib.decompress(record)), DIALECTS)
    except (BadSignature, archive.ArchiveError) as error:
        raise CarriedError(str(error)) from error
