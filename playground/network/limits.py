"""Limits on the duration, size, and number of exchanges. `config.py` has the variables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds, bytes and counts.

    `response_bytes` counts decoded bytes. `exchanges` is for one process, `client_exchanges` for one visitor
    in it.

    `grace_seconds` is how long to wait for more after an answer that says it is complete (`[DONE]`, the last
    brace); `finish_seconds` after one that only gave its finish reasons: usage and `[DONE]` may follow late.
    """

    connect_seconds: float = 5
    silence_seconds: float = 60
    exchange_seconds: float = 600
    heartbeat_seconds: float = 15
    grace_seconds: float = 0.5
    finish_seconds: float = 10
    request_bytes: int = 1 << 20
    response_bytes: int = 16 << 20
    messages: int = 1000
    exchanges: int = 112
    client_exchanges: int = 16


def exchanges(threads: int) -> int:
    """Return how many of a worker's threads may wait for providers; the rest are kept free to serve pages."""
    return max(1, threads - max(2, threads // 8))
