"""The conversation in the playground's page: what was sent and answered becomes part of its form."""

from contextlib import suppress
from dataclasses import replace

from django.core.exceptions import BadRequest

from playground.catalogue.examples import Examples
from playground.catalogue.providers import Provider, catalogue
from playground.dialects.examples import in_language
from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Preset
from playground.exchange.refusal import InvalidRequestError
from playground.forms import edits
from playground.forms.form import RequestForm
from playground.text import jsontext
from playground.web.present import Result
from playground.web.translate import translate


def fill_in(form: RequestForm, example: str) -> None:
    """Fill in an example of the form's provider and API. Raises `BadRequest` if there is none of this id."""
    found = [
        preset for preset in presets(catalogue().get(form.provider), form.dialect) if preset.id == example
    ]
    if not found:
        raise BadRequest("no such example")
    edits.edit(form, f"fill:{form.dialect.id}:{jsontext.dumps(found[0].body).decode()}")


def presets(provider: Provider | None, dialect: Dialect) -> list[Preset]:
    """Return the examples of an API, as they suit the provider, in the reader's language."""
    examples = provider.examples if provider else Examples()
    return [
        replace(
            preset,
            body=examples.suited(in_language(preset.body, translate), dialect.id, dialect.fields.tokens),
        )
        for preset in dialect.presets
    ]


def converse(form: RequestForm, result: Result | None) -> int:
    """Put the request's last message and its answer into the conversation. The composer is for the next one.

    Returns the number of messages that were sent; 0 without an answer, as of a call that lists models.
    """
    if result is None or result.exchange.is_listing or result.exchange.is_count:
        if form.composer is None:
            form.compose()
        return 0
    if form.composer is None:
        form.composer = form.new_row
    form.commit()
    asked = len(form.messages)
    if result.to_add:
        with suppress(InvalidRequestError):  # too many messages, as the button in the answer says
            edits.edit(form, f"append:{result.exchange.dialect.id}:{result.to_add}")
    return asked
