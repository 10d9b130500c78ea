"""Read requests to the playground, whether forms or JSON, and the shape of the response that they expect."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from django_htmx.middleware import HtmxDetails

from playground.calls.draft import Draft
from playground.catalogue.providers import dialect_of
from playground.exchange.demands import too_many_messages
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.fields import object_in
from playground.forms.form import RequestForm
from playground.forms.headers import headers_in, headers_of
from playground.text import azure, typed_key
from playground.text.sentence import gettext_noop, say


class HtmxRequest(HttpRequest):
    """A request after django-htmx's middleware."""

    htmx: HtmxDetails
    key_note: str
    address_note: str


class Shape(Enum):
    """The shape of the response: for a plain browser form, htmx, or a program."""

    PAGE = "page"
    FRAGMENT = "fragment"
    JSON = "json"


def shape_of(request: HttpRequest) -> Shape:
    # A program with an API token mostly accepts everything, as curl does.
    wants_page = request.accepts("text/html") and not hasattr(request, "token")
    if request.accepts("application/json") and not wants_page:
        return Shape.JSON
    if cast("HtmxRequest", request).htmx:
        return Shape.FRAGMENT
    return Shape.JSON if request.content_type == "application/json" else Shape.PAGE


@dataclass(frozen=True)
class Asked:
    """A request that is read but not checked. `form` is None if it was JSON.

    `embed` is the name of the embed that sent it. `parent` is the key of the run that this repeats, or "".
    `keep` is False if its run must not be saved. `saved_key` names the saved key to use; "" lets the
    playground choose.
    """

    draft: Draft
    form: RequestForm | None
    embed: str | None = None
    parent: str = ""
    keep: bool = True
    saved_key: str = ""


def read(request: HttpRequest) -> Asked:
    """Read a form or JSON. Raises `InvalidRequestError` if it is unreadable, or too much for a page."""
    asked = _read_json(request.body) if request.content_type == "application/json" else _read_form(request)
    if asked.embed and asked.draft.headers:
        problem = say(gettext_noop("Remove the extra headers. Embeds can’t send any."))
        raise InvalidRequestError(FieldProblem("headers", problem))
    if asked.draft.key and typed_key.was_cleaned(asked.draft.key):
        note = gettext("Quotes, spaces, and extra words around the key were removed.")
        cast("HtmxRequest", request).key_note = note
    if (deployment := azure.deployment_in(asked.draft.base_url or "")) is not None:
        cast("HtmxRequest", request).address_note = _read_as_v1(deployment)
    return asked


def _read_as_v1(deployment: str) -> str:
    if not deployment:
        return gettext("Azure is called at its v1 endpoint. Enter the name of your deployment as the model.")
    told = gettext("Azure is called at its v1 endpoint. Enter your deployment, “%(name)s”, as the model.")
    return told % {"name": deployment[:100]}


def _read_form(request: HttpRequest) -> Asked:
    form = read_form(request)
    draft = draft_of(form, request.POST.get("api_key") or None)
    parent, keep = request.POST.get("parent", ""), "unkept" not in request.POST
    return Asked(draft, form, request.POST.get("embed") or None, parent, keep, form.saved_key)


def draft_of(form: RequestForm, key: str | None = None) -> Draft:
    """Return what the form means, with its problems."""
    problems: list[FieldProblem] = []
    body = form.body(problems)
    headers = headers_of(form.headers, problems)
    base_url = None if form.provider else form.base_url
    return Draft(form.provider or None, base_url, key, body, tuple(problems), form.dialect.id, headers)


def read_form(request: HttpRequest) -> RequestForm:
    """Read the form that a browser or htmx posted. Raises `InvalidRequestError` as `read` does."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise InvalidRequestError(
            FieldProblem(
                "body", say(gettext_noop("Send a form (application/x-www-form-urlencoded) or JSON."))
            )
        )
    try:
        # Django would replace broken bytes with U+FFFD, which would then be sent.
        unquote_to_bytes(request.body).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            FieldProblem("body", say(gettext_noop("The form isn’t valid UTF-8.")))
        ) from error
    # The form names its API: a provider may support several.
    form = RequestForm.from_post(request.POST, dialect_of(None, request.POST.get("dialect")))
    check_count(form.dialect, len(form.rows) + len(form.later))
    return form


def check_count(dialect: Dialect, messages: int) -> None:
    """Raise `InvalidRequestError` for too many messages: each takes kilobytes of form in a page."""
    most = settings.LIMITS.messages
    if messages > most:
        raise InvalidRequestError(too_many_messages(dialect.fields.prompt, messages, most))


def _read_json(data: bytes) -> Asked:
    wanted = say(gettext_noop("The body must be a JSON object with a request field."))
    values = object_in(data, "body", wanted)
    draft = Draft(
        provider=text_or_none(values, "provider"),
        base_url=text_or_none(values, "base_url"),
        key=text_or_none(values, "api_key"),
        body=values.get("request"),
        dialect=text_or_none(values, "dialect"),
        headers=headers_in(values.get("headers")),
    )
    parent = text_or_none(values, "parent") or ""
    keep = flag_in(values, "keep", otherwise=True)
    number = values.get("saved_key")
    saved_key = str(number) if type(number) is int else text_or_none(values, "saved_key") or ""
    return Asked(draft, None, text_or_none(values, "embed"), parent, keep, saved_key)


def text_or_none(values: Mapping[str, Any], name: str) -> str | None:
    """Return a string; None if it is empty, null, or missing. Raises `InvalidRequestError`."""
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise InvalidRequestError(FieldProblem(name, say(gettext_noop("Enter a string or null."))))


def flag_in(values: Mapping[str, Any], name: str, *, otherwise: bool) -> bool:
    """Return true or false; `otherwise` if it is missing. Raises `InvalidRequestError`."""
    value = values.get(name, otherwise)
    if isinstance(value, bool):
        return value
    raise InvalidRequestError(FieldProblem(name, say(gettext_noop("Enter true or false."))))
