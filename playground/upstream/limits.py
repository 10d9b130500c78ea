"""How long and how large an exchange may be, and how many there may be. `env.py` has the variables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and counts; `response_bytes` counts after decoding, `exchanges` in one process, and
    `client_exchanges` of one client in it."""

    connect_seconds: float = 5
    silence_seconds: float = 60
    exchange_seconds: float = 600
    heartbeat_seconds: float = 15
    request_bytes: int = 1 << 20
    response_bytes: int = 16 << 20
    sse_line_bytes: int = 1 << 20
    messages: int = 1000
    exchanges: int = 112
    client_exchanges: int = 16


def exchanges(threads: int) -> int:
    """How many of a worker's threads may wait for providers; the rest answers pages."""
    return max(1, threads - max(2, threads // 8))
