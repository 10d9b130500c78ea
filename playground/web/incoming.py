"""What a request to the playground asks for, be it a form or JSON, and in which shape it wants the answer."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from django_htmx.middleware import HtmxDetails

from playground.dialects.chat_completions.request import ChatRequest, too_many_messages
from playground.exchange import typed_key
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say
from playground.upstream.caps import Caps
from playground.upstream.local_model import abilities
from playground.upstream.route import Route, find_route
from playground.web.forms import RequestForm, collect


class HtmxRequest(HttpRequest):
    """What django-htmx's middleware makes of a request."""

    htmx: HtmxDetails
    key_note: str


class Shape(Enum):
    """Who asks: a plain browser form, htmx, or a program."""

    PAGE = "page"
    FRAGMENT = "fragment"
    JSON = "json"


def shape_of(request: HttpRequest) -> Shape:
    if request.accepts("application/json") and not request.accepts("text/html"):
        return Shape.JSON
    if cast("HtmxRequest", request).htmx:
        return Shape.FRAGMENT
    return Shape.JSON if request.content_type == "application/json" else Shape.PAGE


@dataclass(frozen=True)
class Asked:
    """A read but unchecked request. `form` is None when it came as JSON.

    `embed` is the name of the embed that it was sent from, and `caps` are what hold in place of the route's.
    """

    provider: str | None
    base_url: str | None
    key: str | None
    form: RequestForm | None
    json_body: Any = None
    embed: str | None = None
    caps: Caps | None = None

    def checked(self) -> tuple[ChatRequest, Route]:
        """What to send and to whom. Raises `InvalidRequestError` with all that is wrong in both."""
        errors: list[FieldProblem] = []
        route = collect(errors, None, self.route)
        chat = collect(errors, None, self.chat_request)
        if errors:
            raise InvalidRequestError(*errors)
        if route.caps and (beyond := route.caps.errors(chat)):
            raise InvalidRequestError(*beyond, fix=route.caps.fix(beyond))
        if in_vain := abilities.errors(route, chat):
            raise InvalidRequestError(*in_vain, fix=abilities.fix(in_vain))
        return chat, route

    def chat_request(self) -> ChatRequest:
        """Raises `InvalidRequestError`."""
        errors: list[FieldProblem] = []
        body = self.form.body(errors) if self.form else self.json_body
        chat: ChatRequest = collect(errors, None, checked_chat, body)
        if errors:
            raise InvalidRequestError(*errors)
        return chat

    def route(self) -> Route:
        """Raises `InvalidRequestError`."""
        route = find_route(self.provider, self.base_url, self.key)
        return replace(route, caps=self.caps) if self.caps and route.at_servers_expense else route


def checked_chat(body: Any) -> ChatRequest:
    """Raises `InvalidRequestError`."""
    limits = settings.LIMITS
    return ChatRequest.from_body(body, max_messages=limits.messages, max_bytes=limits.request_bytes)


def read(request: HttpRequest) -> Asked:
    """Raises `InvalidRequestError` for what cannot be read, or is too much for a page."""
    asked = _read_json(request.body) if request.content_type == "application/json" else _read_form(request)
    if asked.key and typed_key.was_cleaned(asked.key):
        note = gettext("The key is sent without the quotes, blanks or words around it.")
        cast("HtmxRequest", request).key_note = note
    return asked


def _read_form(request: HttpRequest) -> Asked:
    form = read_form(request)
    own_base = not form.provider
    return Asked(
        provider=form.provider or None,
        base_url=form.base_url if own_base else None,
        key=request.POST.get("api_key") or None,
        form=form,
        embed=request.POST.get("embed") or None,
    )


def read_form(request: HttpRequest) -> RequestForm:
    """The form that a browser or htmx posted. Raises `InvalidRequestError` as `read` does."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise InvalidRequestError(
            FieldProblem(
                "body", say(gettext_noop("Send a form (application/x-www-form-urlencoded) or JSON."))
            )
        )
    try:
        # Django would put U+FFFD where bytes are broken, and that would be sent on.
        unquote_to_bytes(request.body).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            FieldProblem("body", say(gettext_noop("The form is not valid UTF-8.")))
        ) from error
    form = RequestForm.from_post(request.POST)
    check_count(len(form.messages))
    return form


def check_count(messages: int) -> None:
    """Raises `InvalidRequestError` for more messages than are sent: a page has kilobytes of form for each."""
    if messages > settings.LIMITS.messages:
        raise InvalidRequestError(too_many_messages(messages, settings.LIMITS.messages))


def _read_json(data: bytes) -> Asked:
    try:
        values = jsontext.loads(data)
    except jsontext.JSONTextError as error:
        raise InvalidRequestError(FieldProblem("body", error.sentence)) from error
    if not isinstance(values, dict):
        raise InvalidRequestError(
            FieldProblem("body", say(gettext_noop("The body must be a JSON object with “request” in it.")))
        )
    return Asked(
        provider=_text_or_none(values, "provider"),
        base_url=_text_or_none(values, "base_url"),
        key=_text_or_none(values, "api_key"),
        form=None,
        json_body=values.get("request"),
        embed=_text_or_none(values, "embed"),
    )


def _text_or_none(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise InvalidRequestError(FieldProblem(name, say(gettext_noop("Takes a text or null."))))
