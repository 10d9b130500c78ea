"""A cache bounded by the size of its values, not by their number: a page may have 10 bytes or a million."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """An LRU cache of up to `most` characters in all. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """Return the value, making it if it is not cached."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        value = make()
        with self._lock:
            self._keep(key, value, _OVERHEAD + size(value))
        return value

    def forget(self, key: Key) -> None:
        with self._lock:
            self._size -= self._values.pop(key, (None, 0))[1]

    def _keep(self, key: Key, value: Value, size: int) -> None:
        self._size += size - self._values.pop(key, (value, 0))[1]
        self._values[key] = value, size
        while self._size > self._most:
            self._size -= self._values.popitem(last=False)[1][1]


# Counted for each value besides its content: its key and bookkeeping.
_OVERHEAD = 500
