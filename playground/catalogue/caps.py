"""What a call may ask for at most where the server pays for it, as the catalogue says it of a provider."""

from dataclasses import dataclass

ANY_MODEL = "*"


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that a call may ask for. `models` with `ANY_MODEL` in it, or empty, takes any.

    `allow` names what else may be asked for: `tools`, `images`, or a parameter such as `logit_bias`.
    """

    models: tuple[str, ...] = ()
    max_tokens: int = 1024
    n: int = 2
    request_bytes: int = 65_536
    allow: tuple[str, ...] = ()

    def allows_model(self, model: str) -> bool:
        return not self.models or ANY_MODEL in self.models or model in self.models
