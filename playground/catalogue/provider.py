"""One provider: which APIs it speaks, where each of them is, and how a key is sent there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from playground import config
from playground.catalogue.caps import Caps
from playground.catalogue.examples import Examples
from playground.dialects import DEFAULT
from playground.exchange.call import Auth, Headers
from playground.exchange.dialect import Dialect
from playground.text.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of the catalogue.

    `endpoints` has one for each of `dialects`, by their ids; it is empty for the local model while that does
    not run. `auth` is None for each dialect's own. `headers` are sent with every call. `models` are suggested
    in this order, then `further`. `retired` has ids, and patterns such as `old-*`.
    """

    id: str
    label: str
    endpoints: Mapping[str, Endpoint]
    key_variable: str | None = None
    docs: str = ""
    models: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    dialects: tuple[str, ...] = (DEFAULT.id,)
    auth: Auth | None = None
    headers: Headers = ()
    public_base_url: str = ""
    local: bool = False
    start: str = ""
    caps: Caps = field(default_factory=Caps)
    examples: Examples = field(default_factory=Examples)

    @property
    def dialect(self) -> str:
        """The id of the API that is meant if none is named."""
        return self.dialects[0]

    def endpoint(self, dialect: Dialect) -> Endpoint | None:
        """Return where it speaks this dialect; None if it does not, or does not run."""
        return self.endpoints.get(dialect.id)

    def has_retired(self, model: str) -> bool:
        """Return whether the provider has switched this model off, or has said when it will."""
        name = model.removeprefix("models/").lower()
        return any(fnmatchcase(name, pattern.lower()) for pattern in self.retired)

    @property
    def server_key(self) -> str:
        """The server's key for this provider; "" if it has none."""
        return config.secret(self.key_variable).strip() if self.key_variable else ""
