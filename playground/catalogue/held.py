"""Keys that the playground keeps, as calls and pages see them; without accounts there are none."""

from dataclasses import dataclass, field

from playground.catalogue.provider import Provider
from playground.exchange.call import Auth


@dataclass(frozen=True, slots=True)
class KeyCaps:
    """What a saved key may be used for: an empty `models` allows any, None any number of tokens a call."""

    name: str = ""
    models: tuple[str, ...] = ()
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Lent:
    """What a call may use besides a typed key: a saved one, which is sent to its `origins` only.

    `key` is "" if none was found. `auth` is None for the provider's or the API's own. `teams` is the name of
    a key that a team pays for, "" for a person's own; `caps` limit its calls. `servers` says whether the
    server's key may be used if there is no other.
    """

    key: str = field(default="", repr=False)
    origins: frozenset[str] = frozenset()
    auth: Auth | None = None
    teams: str = ""
    caps: KeyCaps = KeyCaps()
    servers: bool = True


NOTHING_LENT = Lent()


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved key as the form lists it: for a provider or, if `provider` is "", for a base URL."""

    number: str
    label: str
    place: str
    provider: str
    base_url: str
    dialect: str
    caps: KeyCaps = KeyCaps()


@dataclass(frozen=True, slots=True)
class Held:
    """The saved keys of whoever looks at a page, and the providers whose server's key is not for them."""

    saved: tuple[Saved, ...] = ()
    withheld: frozenset[str] = frozenset()

    def of(self, provider: Provider) -> list[Saved]:
        return [saved for saved in self.saved if saved.provider == provider.id]

    def caps(self, provider: Provider) -> KeyCaps:
        """Return what the key allows that is used if none is chosen."""
        return next((saved.caps for saved in self.of(provider)), KeyCaps())

    def has_servers(self, provider: Provider) -> bool:
        """Whether they may use the server's key, and there is one."""
        return bool(provider.server_key) and provider.id not in self.withheld

    def has_key(self, provider: Provider) -> bool:
        return bool(self.of(provider)) or self.has_servers(provider)


NOTHING_HELD = Held()
