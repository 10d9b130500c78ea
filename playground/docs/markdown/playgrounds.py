"""The live playgrounds of a page: the HTML for each `LiveCall`."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from django.core.validators import slug_re
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from playground.catalogue.providers import catalogue, dialect_recorded
from playground.database import in_turn
from playground.docs.folder import LANGUAGES
from playground.docs.links import TooLongError, embed_url, playground_url
from playground.embeds.models import Embed
from playground.exchange.refusal import InvalidRequestError
from playground.tags.tag import LiveCall
from playground.text.sentence import SentenceError, gettext_noop, say
from playground.web.language import PARAMETER

_logger = logging.getLogger(__name__)

# An embed's provider, and the API of its request.
Means = tuple[str, str]
# For an embed that can't be looked up now; its frame says why.
UNREADABLE: Means = ("", "")


@dataclass
class Playgrounds:
    """A page's playgrounds. `embeds` maps each named embed to its provider and API, or to None."""

    count: int = 0
    embeds: dict[str, Means | None] = field(default_factory=dict)

    def show(self, call: LiveCall, language: str, element: str) -> SafeString:
        """Render a playground as `element` for the docs in `language` (a folder). Raises `SentenceError`."""
        provider, api = self._means(call)
        self.count += 1
        options = {"embed": call.embed} if call.embed else {}
        # Without a language in the tag, a page in another language than English sets it.
        lang = call.lang or (LANGUAGES[language] if language else "")
        options |= {PARAMETER: lang} if lang else {}
        options |= {"theme": call.theme} if call.theme else {}
        values = {"element": element, "number": self.count, "call": call}
        # An embed ignores a request for another API; so must the link, which opens the embed's API.
        means_it = not call.embed or call.api in ("", api)
        src = link = ""
        with suppress(TooLongError):
            link = playground_url(provider, api, call.body if means_it else None)
        with suppress(TooLongError):  # then the script passes the request on; there is no other way
            src = embed_url(call.provider, call.api, call.body, **options)
        label = gettext(catalogue()[provider].label) if provider in catalogue() else ""
        addresses = {"src": src, "link": link, "label": label}
        return render_to_string("docs/_playground.html", values | addresses)

    def _means(self, call: LiveCall) -> Means:
        """Return provider and API, an embed's own before the tag's (as its frame). Raises `SentenceError`."""
        if call.provider and call.provider not in catalogue():
            raise SentenceError(
                say(
                    gettext_noop("“%(name)s” isn’t a known provider. Use one of: %(names)s."),
                    name=call.provider[:60],
                    names=tuple(catalogue()),
                )
            )
        _check_api("" if call.embed else call.provider, call.api)
        if not call.embed:
            return call.provider, call.api
        if call.embed not in self.embeds:
            self.embeds |= embeds_named([call.embed])
        means = self.embeds[call.embed]
        if means is None:
            raise SentenceError(
                say(
                    gettext_noop("Embed “%(name)s” not found. /admin/ lists all embeds."),
                    name=call.embed[:80],
                )
            )
        return (call.provider, call.api) if means == UNREADABLE else means


def _check_api(provider: str, api: str) -> None:
    """Raise `SentenceError` for an API that is unknown here, or that the provider does not speak."""
    try:
        dialect_recorded(provider, api)
    except InvalidRequestError as error:
        raise SentenceError(error.problems[0].sentence) from error


def embeds_named(names: Iterable[str]) -> dict[str, Means | None]:
    """Return what each embed means, or None for an embed that does not exist."""
    wanted = list(names)
    possible = [name for name in wanted if slug_re.match(name)]
    try:
        embeds = Embed.objects.filter(name__in=possible).values_list("name", "provider", "api")
        found = {name: (provider, api) for name, provider, api in in_turn(lambda: list(embeds))}
    except DatabaseError:
        _logger.exception("The embeds cannot be read")
        return dict.fromkeys(wanted, UNREADABLE)
    return {name: found.get(name) for name in wanted}
