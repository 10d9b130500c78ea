"""Look up an embed, and apply its settings to what a reader posts."""

import logging
from dataclasses import replace

from django.core.validators import slug_re
from django.db import DatabaseError

from playground.calls.draft import Draft
from playground.catalogue.providers import LOCAL_MODEL, catalogue
from playground.database import in_turn
from playground.embeds import policy, refusals
from playground.embeds.models import Embed
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.form import RequestForm
from playground.text.sentence import gettext_noop, say
from playground.trouble import why

_logger = logging.getLogger(__name__)


def find(name: str | None) -> Embed | None:
    """Return the embed of this name; None without a name. Raises `EmbedRefusedError`.

    An embed that is turned off makes no calls; it is found only while it has saved answers.
    """
    if not name:
        return None
    try:
        embed, shows_nothing = in_turn(lambda: _look_up(name))
    except DatabaseError as error:
        _logger.error("The embeds cannot be read: %s", why(error))
        raise refusals.no_database() from error
    if embed is None:
        raise refusals.unknown(name)
    if shows_nothing:
        raise refusals.turned_off(name)
    try:
        embed.asked({})
    except InvalidRequestError as error:
        raise refusals.broken(name) from error
    return embed


def _look_up(name: str) -> tuple[Embed | None, bool]:
    """Return the embed, and whether it is turned off and has no saved answer to show."""
    # PostgreSQL rejects text with a NUL, even in a WHERE clause.
    found = Embed.objects.filter(name=name).select_related("team") if slug_re.match(name) else None
    embed = found.first() if found is not None else None
    return embed, embed is not None and not embed.active and not embed.recordings.exists()


def allowed(embed: Embed | None, draft: Draft) -> Draft:
    """Return the draft with the embed's settings applied. Raises `InvalidRequestError`."""
    if embed is None:
        return draft
    if draft.problems:
        raise InvalidRequestError(*draft.problems)
    body = draft.body
    if isinstance(body, dict):
        body = policy.held(embed.body, embed.locked_names, body, embed.dialect)
    return Draft(embed.provider, None, draft.key, body, dialect=embed.dialect.id)


def takes_key(embed: Embed | None) -> bool:
    """Return whether readers enter their own key. For the local model they never do."""
    if embed is None:
        return True
    if embed.replay_only or not embed.active:
        return False
    provider = catalogue().get(embed.provider)
    asks_for_one = provider is None or (provider.key_variable is not None and provider.id != LOCAL_MODEL)
    return embed.key == Embed.Key.READER and asks_for_one


def fixed(embed: Embed) -> frozenset[str]:
    """Return what readers can't change: the base URL, locked fields, and the key unless it is their own."""
    return embed.locked_fields | {"base_url"} | (set() if takes_key(embed) else {"api_key"})


def check_key(embed: Embed, draft: Draft) -> None:
    """Raise `InvalidRequestError` if a reader needs a key and gave none: the server's key is not for them."""
    if takes_key(embed) and not draft.key:
        raise InvalidRequestError(
            FieldProblem("api_key", say(gettext_noop("Enter your API key. This embed doesn’t provide one.")))
        )


def form_of(embed: Embed, form: RequestForm) -> RequestForm:
    """Return a reader's form with the author's values in the locked fields, for the page to show again."""
    locked, dialect = embed.locked_fields, embed.dialect
    author = RequestForm.from_body(embed.provider, "", embed.body, dialect)
    fields = dialect.fields
    form = replace(form, provider=embed.provider, base_url="", dialect=dialect)
    if fields.prompt in locked:
        form.messages = author.messages
    if fields.delivery & locked:
        form.ticks = author.ticks
    if fields.model in locked:
        form.model = author.model
    kept = {name: author.parameters.get(name, "") for name in form.parameters.keys() & locked}
    form.parameters = form.parameters | kept
    return form
