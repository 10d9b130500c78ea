"""What the local model's server reports: whether it is up and working, and what it can do.

The paths are those of llama.cpp's server.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

_HEALTH_SECONDS = 1.0
# It responds between two batches of work.
_SLOTS_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
# Time without any progress. On a slow machine, one batch of a prompt takes some seconds.
_STUCK_SECONDS = 180.0
# Stands for the counters of a server that does not answer.
_UNKNOWN = "unknown"
# Fields of a slot: its task, how much of the prompt it has read, and what it has written.
_COUNTERS = ("id", "id_task", "n_prompt_tokens", "n_prompt_tokens_processed", "next_token")


@dataclass
class Life:
    """A server at `base` (`http://127.0.0.1:8484`). It remembers progress: make one for each purpose."""

    base: str
    key: str = field(default="", repr=False)
    _work: list[Any] = field(default_factory=list)
    _progressed_at: float = 0.0

    def is_there(self) -> bool:
        """Whether the server answers and has loaded its weights."""
        answer = self._get("/health", _HEALTH_SECONDS)
        return answer is not None and answer.status_code != requests.codes.unavailable

    def wait_until_there(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Wait while the server starts, for at most `seconds` and only until `is_over`."""
        deadline = time.monotonic() + seconds
        while not self.is_there() and not is_over() and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)

    def works(self) -> bool:
        """Whether the server is working on something and has made progress lately."""
        work, now = self._slots(), time.monotonic()
        if work is None:
            work = self._work or [_UNKNOWN]  # a server that does not answer may be in a long step
        if work != self._work:
            self._work, self._progressed_at = work, now
        return bool(work) and now - self._progressed_at <= _STUCK_SECONDS

    def hangs(self) -> bool:
        """Whether the server has something to work on but makes no progress."""
        return not self.works() and bool(self._work)

    def _slots(self) -> list[Any] | None:
        """Return the progress of each running call; [] if there is none, None if the server does not say."""
        slots = self._json("/slots", _SLOTS_SECONDS)
        if slots is None:
            return None
        busy = [slot for slot in slots or [] if isinstance(slot, dict) and slot.get("is_processing")]
        return [[slot.get(name) for name in _COUNTERS] for slot in busy]

    def props(self) -> dict[str, Any] | None:
        """Return the server's properties, or None if it does not answer."""
        props = self._json("/props", _HEALTH_SECONDS)
        return props if isinstance(props, dict) else None

    def _json(self, path: str, seconds: float) -> Any:
        answer = self._get(path, seconds)
        try:
            return answer.json() if answer is not None and answer.ok else None
        except ValueError:
            return None

    def _get(self, path: str, seconds: float) -> requests.Response | None:
        with requests.Session() as session:
            session.trust_env = False  # ignore a proxy that is set for the outside world
            headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
            try:
                return session.get(self.base + path, headers=headers, timeout=seconds, allow_redirects=False)
            except requests.RequestException:
                return None
