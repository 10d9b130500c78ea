"""What a prompt keeps: the whole request, and where it goes. Never a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from playground import amounts
from playground.calls.draft import Draft
from playground.dialects import DIALECTS
from playground.exchange.call import Headers
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.fields import object_in
from playground.forms.headers import headers_in
from playground.forms.incoming import text_or_none
from playground.forms.link import link_body
from playground.text import jsontext
from playground.text.endpoint import BaseURLError, Endpoint
from playground.text.redact import Redactor
from playground.text.sentence import gettext_noop, say

_WANTED = gettext_noop("Send a JSON object with provider or base_url, and request.")
_NO_JSON = gettext_noop("The request can’t be written as JSON: a number is too large.")
_KEY_IN_IT = gettext_noop("Remove your API key from the request. Prompts are saved for others to open.")
_TOO_LARGE = gettext_noop(
    "A prompt can have at most %(most)s; this one has %(size)s. Remove messages or attachments. "
    "(Administrators can raise PLAYGROUND_REQUEST_BYTES.)"
)


@dataclass(frozen=True)
class Content:
    """A checked request: `provider` or `base_url`, the API of `body`, and extra headers."""

    provider: str
    base_url: str
    dialect: Dialect
    headers: Headers
    body: Mapping[str, Any]

    @classmethod
    def of(cls, draft: Draft) -> "Content":
        """Check a draft, which may be incomplete, but must be readable. Raises `InvalidRequestError`."""
        if draft.problems:
            raise InvalidRequestError(*draft.problems)
        dialect, base_url = draft.speaks(), "" if draft.provider else draft.base_url or ""
        if not draft.provider:
            try:
                Endpoint.parse(base_url, dialect.ending)  # an invalid one may contain a password
            except BaseURLError as error:
                raise InvalidRequestError(FieldProblem("base_url", error.sentence)) from error
        try:
            jsontext.check(draft.body)
            body = link_body(jsontext.dumps(draft.body).decode(), dialect)
        except jsontext.JSONTextError as error:
            raise InvalidRequestError(FieldProblem("request", error.sentence)) from error
        except ValueError as error:  # JSON has no infinity, which a typed 1e999 is
            raise InvalidRequestError(FieldProblem("request", say(_NO_JSON))) from error
        content = cls(draft.provider or "", base_url, dialect, draft.headers, body)
        most, text = settings.LIMITS.request_bytes, content.text
        if len(text) > most:
            told = say(_TOO_LARGE, most=amounts.size(most), size=amounts.size(len(text)))
            raise InvalidRequestError(FieldProblem("request", told, 413))
        written = text.decode()
        if draft.key and Redactor(draft.key).text(written) != written:
            raise InvalidRequestError(FieldProblem("request", say(_KEY_IN_IT)))
        return content

    @classmethod
    def of_text(cls, text: str | bytes) -> "Content":
        """Read what `text` returned; its provider or API may be gone since then."""
        values: dict[str, Any] = jsontext.loads(text)
        return cls(
            values.get("provider", ""),
            values.get("base_url", ""),
            DIALECTS[values["dialect"]],
            tuple(values.get("headers", {}).items()),
            values["request"],
        )

    @property
    def values(self) -> dict[str, Any]:
        """The fields with which a program sends it to `/send/`."""
        place = {"provider": self.provider} if self.provider else {"base_url": self.base_url}
        headers = {"headers": dict(self.headers)} if self.headers else {}
        return {**place, "dialect": self.dialect.id, **headers, "request": dict(self.body)}

    @property
    def text(self) -> bytes:
        return jsontext.dumps(self.values)

    @property
    def place(self) -> str:
        return self.provider or self.base_url

    @property
    def model(self) -> str:
        model = self.body.get(self.dialect.fields.model)
        return model if isinstance(model, str) else ""

    @property
    def beginning(self) -> str:
        """The beginning of its first message that has a text."""
        rows = self.dialect.rows(self.body.get(self.dialect.fields.prompt)) or []
        return next((" ".join(row.content[:1000].split()) for row in rows if row.content.strip()), "")


def draft_in(text: str | bytes) -> Draft:
    """Read a draft from JSON such as `Content.text`. Raises `InvalidRequestError`."""
    values = object_in(text, "request", say(_WANTED))
    return Draft(
        provider=text_or_none(values, "provider"),
        base_url=text_or_none(values, "base_url"),
        key=None,
        body=values.get("request"),
        dialect=text_or_none(values, "dialect"),
        headers=headers_in(values.get("headers")),
    )
