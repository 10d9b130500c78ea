"""The caps of a provider: the most that a call may ask for when the server pays for it."""

from dataclasses import dataclass

# In `Caps.models`: any model.
ANY_MODEL = "*"


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that a call may ask for. An empty `models` allows any, as `ANY_MODEL` in it does.

    `allow` names what is allowed beyond that: `tools`, `images`, or a parameter such as `logit_bias`.
    """

    models: tuple[str, ...] = ()
    max_tokens: int = 1024
    n: int = 2
    request_bytes: int = 65_536
    allow: tuple[str, ...] = ()

    def allows_model(self, model: str) -> bool:
        return not self.models or ANY_MODEL in self.models or model in self.models
