"""The providers as the form lists them, with the keys that whoever looks at it may use."""

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from playground import amounts
from playground.calls.draft import Draft
from playground.catalogue.held import NOTHING_HELD, Held, Lent
from playground.catalogue.providers import LOCAL_MODEL, Provider, catalogue, dialect_of
from playground.exchange.dialect import Dialect
from playground.forms.examples import presets
from playground.forms.incoming import Asked
from playground.rendering.translate import translate
from playground.teams import budgets
from playground.teams.access import member_of
from playground.teams.budgets import Left
from playground.teams.models import Membership
from playground.upstream.client import Caller
from playground.upstream.readiness import missing
from playground.upstream.route import applied


@dataclass(frozen=True)
class Option:
    """A provider as the form lists it."""

    provider: Provider
    lacking: str
    held: Held = NOTHING_HELD

    @property
    def key(self) -> str:
        """Where the key comes from: `none`, `saved`, `server` or `typed`.

        Nobody enters the local model's: `none`.
        """
        if not self.provider.key_variable or self.provider.id == LOCAL_MODEL:
            return "none"
        if self.held.of(self.provider):
            return "saved"
        return "server" if self.has_servers else "typed"

    @property
    def has_servers(self) -> bool:
        return self.held.has_servers(self.provider)

    @property
    def models(self) -> list[str]:
        """The models to suggest. Those that the key is not for are left out."""
        if only := self.held.caps(self.provider).models:
            return list(only)
        caps = applied(self.provider.caps) if self.key == "server" else None
        further = (model for model in self.provider.further if not caps or caps.allows_model(model))
        return [*self.provider.models, *further]

    @property
    def limit(self) -> str:
        """How long an answer the form of a first visit asks for; "" if the visitor pays."""
        if self.key == "typed":
            return ""
        body = self.first_body(dialect := dialect_of(self.provider.id, None))
        return str(next(filter(None, map(body.get, dialect.fields.tokens)), ""))

    def first_body(self, dialect: Dialect) -> dict[str, Any]:
        """Return what the form of a first visit asks for, within what the key allows.

        Who pays with a key of their own gets all of the answer.
        """
        fields, most = dialect.fields, self.held.caps(self.provider).max_tokens
        body = {fields.model: next(iter(self.models), "")} | presets(self.provider, dialect)[0].body
        optional = {parameter.name for parameter in dialect.parameters if parameter.default}
        for name in body.keys() & set(fields.tokens):
            if self.key == "typed" and name in optional:
                del body[name]
            elif most is not None:
                body[name] = min(body[name], most)
        return body

    @property
    def state(self) -> str:
        if self.lacking:
            return self.lacking
        if self.key == "none":
            return gettext("Ready · no key needed")
        if self.key == "saved":
            return gettext("Ready · uses a saved key")
        if caps := applied(self.provider.caps):
            limited = ngettext(
                "Ready · uses the server’s key, up to %(most)s token per call",
                "Ready · uses the server’s key, up to %(most)s tokens per call",
                caps.max_tokens,
            )
            return limited % {"most": amounts.count(caps.max_tokens)}
        return gettext("Ready · uses the server’s key")


def options(held: Held = NOTHING_HELD) -> list[Option]:
    return [Option(provider, _lacking(provider, held), held) for provider in catalogue().values()]


def _lacking(provider: Provider, held: Held) -> str:
    sentence = missing(provider, held)
    return translate(sentence) if sentence else ""


def held_by(request: HttpRequest) -> Held:
    """Return the keys that whoever asks may use without entering one; without accounts, the server's."""
    member: Membership | None = getattr(request, "membership", None)
    if member is None:  # or somebody who has not signed in changes the language
        return NOTHING_HELD
    from playground.keys import lending  # with its encryption only if there are accounts

    return lending.held_by(member)


def held_by_anybody() -> Held:
    """Return the keys of frames without an embed’s name, where nobody signs in.

    With accounts, the server's keys are not for strangers, except that of the local model.
    """
    if not settings.CONFIG.accounts:
        return NOTHING_HELD
    return Held(withheld=frozenset(catalogue()) - {LOCAL_MODEL})


def by_anybody(draft: Draft) -> Draft:
    """Return the draft of a frame without an embed's name."""
    return replace(draft, lent=Lent(servers=draft.provider not in held_by_anybody().withheld))


def left_for(request: HttpRequest) -> list[Left]:
    """Return what budgets leave for whoever asks; without accounts there are none."""
    member: Membership | None = getattr(request, "membership", None)
    return budgets.left_for(member) if member else []


def lend(request: HttpRequest, asked: Asked, draft: Draft, caller: Caller) -> tuple[Draft, Caller]:
    """Return the draft with the saved key that it is sent with, if any. Raises `RefusedError`."""
    member = member_of(request)
    if member is None:
        return draft, caller
    from playground.keys import lending

    return lending.lend(draft, asked.saved_key, member, caller)
