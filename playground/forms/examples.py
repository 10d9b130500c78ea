"""The examples with which the page can be filled in."""

from dataclasses import replace

from django.core.exceptions import BadRequest

from playground.catalogue.examples import Examples
from playground.catalogue.providers import Provider, catalogue
from playground.dialects import DIALECTS
from playground.dialects.examples import in_language
from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Preset
from playground.forms import edits
from playground.forms.form import RequestForm
from playground.rendering.translate import translate
from playground.text import jsontext


def fill_in(form: RequestForm, example: str) -> None:
    """Fill in an example. Raises `BadRequest` if there is none of this id.

    One that the form's API lacks was clicked while the form was being switched, and is converted.
    """
    for dialect in (form.dialect, *DIALECTS.values()):
        for preset in presets(catalogue().get(form.provider), dialect):
            if preset.id == example:
                edits.edit(form, f"fill:{dialect.id}:{jsontext.dumps(preset.body).decode()}")
                return
    raise BadRequest("no such example")


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
