"""How long and how large an exchange may be. `env.py` has the variables and defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes; `response_bytes` counts after decoding."""

    connect_seconds: float = 5
    silence_seconds: float = 60
    exchange_seconds: float = 600
    request_bytes: int = 1 << 20
    response_bytes: int = 16 << 20
    sse_line_bytes: int = 1 << 20
    messages: int = 1000
