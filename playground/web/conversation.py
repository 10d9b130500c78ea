"""The conversation in the playground's page: what was sent and answered becomes part of its form."""

from contextlib import suppress

from playground.exchange.refusal import InvalidRequestError
from playground.forms import edits
from playground.forms.form import RequestForm
from playground.web.present import Result


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
