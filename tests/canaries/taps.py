"""Learn each secret that the playground is given or makes, and see all that it writes and shows.

`install` puts itself into the classes that all of it goes through, in the tests' process and in the servers
that tests start.

Not seen: keys of fewer than eight characters, and parts of keys; servers with other settings than
`tests.served_settings` (`scripts/play`); what is in a zip file, in a file on disk, or in a browser's storage;
a second factor before it is encrypted. `tests/people/test_secrets.py` opens the zip files.
"""

import json
import logging
import os
import secrets as random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.canaries.search import SHORTEST, is_packed, leaks

# Who makes random secrets, and which kind.
MAKERS = {
    "playground.people.tokens": "an API token",
    "playground.teams.people": "an invitation",
    "playground.sharing.links": "a public link",
    "playground.upstream.local_model.supervisor": "the local model's key",
}
_KINDS = {"key": "a key", "data_keys": "a data key"}
_MOST_ROWS = 10_000  # of one statement; tests with millions write the same all the time


class Watch(Protocol):
    def learn(self, kind: str, secret: str) -> None: ...

    def see(self, where: str, data: bytes) -> None: ...


class Memory:
    """Keeps everything until it is searched."""

    def __init__(self) -> None:
        self.secrets = dict[str, str]()
        self.seen = list[tuple[str, bytes]]()

    def learn(self, kind: str, secret: str) -> None:
        self.secrets.setdefault(secret, kind)

    def see(self, where: str, data: bytes) -> None:
        self.seen.append((where, data))

    def leaks(self) -> list[str]:
        """Return what is found, and forget what was seen."""
        seen, self.seen = self.seen, []
        return leaks({**self.secrets}, seen)


class Shared:
    """For the processes of a server: secrets and leaks are lines of a file, and all is searched at once."""

    def __init__(self, file: Path) -> None:
        self._file, self._read, self._lock = file, 0, threading.Lock()
        self.secrets = dict[str, str]()
        self.leaks = list[str]()
        file.touch()

    def learn(self, kind: str, secret: str) -> None:
        if secret not in self.secrets:
            self.secrets[secret] = kind
            self._write({"kind": kind, "secret": secret})

    def see(self, where: str, data: bytes) -> None:
        self.refresh()
        for leak in leaks({**self.secrets}, [(where, data)]):
            self._write({"leak": leak})

    def leaks_in(self, where: str, data: bytes) -> list[str]:
        """Return what is in this text, and what the processes found so far."""
        self.refresh()
        return [*self.leaks, *leaks(self.secrets, [(where, data)])]

    def refresh(self) -> None:
        """Read what other processes have learned."""
        if self._file.stat().st_size <= self._read:
            return
        with self._lock, self._file.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                said = json.loads(line)
                if "leak" in said:
                    self.leaks.append(said["leak"])
                else:
                    self.secrets[said["secret"]] = said["kind"]

    def _write(self, said: dict[str, str]) -> None:
        with self._file.open("ab", buffering=0) as file:
            file.write(json.dumps(said).encode() + b"\n")


def install(watch: Watch) -> None:
    _learn_secrets(watch)
    _see_texts(watch.see)


def learn(watch: Watch, kind: str, secret: object) -> None:
    if isinstance(secret, str) and len(secret) >= SHORTEST:
        watch.learn(kind, secret)


def learn_fields(watch: Watch, holder: Any) -> None:
    """Learn the fields that are left out of the repr: they are secrets."""
    for field in fields(holder):
        value, kind = getattr(holder, field.name), _KINDS.get(field.name, field.name.replace("_", " "))
        if is_dataclass(value):
            learn_fields(watch, value)
        elif not field.repr and field.init:
            match field.name, value:
                case "credentials", str():
                    value = value.partition(":")[2]
                case "cache_url", str():
                    value = urlsplit(value).password
                case "database_url", dict():
                    value = value["PASSWORD"]
            for one in value if isinstance(value, tuple) else [value]:
                learn(watch, kind, one)


def _around(owner: Any, name: str, after: Callable[..., Any]) -> None:
    """Call `after(result, *arguments)` after a function; what it returns takes the result's place."""
    original = getattr(owner, name)

    @wraps(original)
    def wrapper(*args: Any, **named: Any) -> Any:
        return after(original(*args, **named), *args, **named)

    setattr(owner, name, wrapper)


def holders() -> set[type]:
    """Return the classes with fields that are left out of the repr."""
    from playground.calls.draft import Draft
    from playground.catalogue.held import Lent
    from playground.config import Config
    from playground.config_types import MailServer, Proxy
    from playground.upstream.local_model.life import Life
    from playground.upstream.route import Route

    return {Config, Draft, Lent, Life, MailServer, Proxy, Route}


def _learn_secrets(watch: Watch) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    from playground.catalogue.provider import Provider
    from playground.keys import sealing
    from playground.text import typed_key
    from playground.text.redact import Redactor

    for holder in holders():
        _around(holder, "__init__", lambda _, made, *args, **named: learn_fields(watch, made))
    _around(Redactor, "__init__", lambda _, made, *args, **named: learn(watch, "a key", made.key))

    def typed(key: str, text: str) -> str:
        learn(watch, "a key", key)
        return key

    _around(typed_key, "clean", typed)

    def sealed_key(text: str, key: str, *args: Any) -> str:
        learn(watch, "a saved key", key)
        return text

    def sealed(text: str, plain: str) -> str:
        if not plain.startswith("{"):  # a key, with what it is for
            learn(watch, "a second factor", plain)
        return text

    _around(sealing, "seal_key", sealed_key)
    _around(sealing, "sealed", sealed)
    read = Provider.server_key.fget

    def server_key(provider: Provider) -> str:
        key: str = read(provider)  # type: ignore[misc]
        learn(watch, "the server's key", key)
        return key

    Provider.server_key = property(server_key)  # type: ignore[assignment,method-assign]

    def password(result: Any, _: Any, raw: str, *args: Any, **named: Any) -> Any:
        learn(watch, "a password", raw)
        return result

    for name in ("encode", "verify"):
        _around(MD5PasswordHasher, name, password)

    def made(token: str, *args: Any) -> str:
        if kind := MAKERS.get(sys._getframe(2).f_globals["__name__"]):
            learn(watch, kind, token)
        return token

    _around(random, "token_urlsafe", made)


def _see_texts(see: Callable[[str, bytes], None]) -> None:
    from django.core.cache.backends.locmem import LocMemCache
    from django.core.handlers.base import BaseHandler
    from django.core.mail import EmailMessage
    from django.db.backends.utils import CursorWrapper
    from django.http import FileResponse

    def logged(text: str, handler: logging.Handler, record: logging.LogRecord) -> str:
        if not type(handler).__module__.startswith("_pytest"):  # its own reports, with content on purpose
            see(f"the log, of {record.name}", _bytes(text))
        return text

    _around(logging.Handler, "format", logged)

    def answered(response: Any, _: Any, request: Any) -> Any:
        where = f"response {request.method} {request.path}"
        headers = [f"{name}: {value}" for name, value in response.items()]
        see(f"{where} (headers)", _bytes("\n".join([*headers, str(response.cookies)])))
        if not response.streaming:
            see(where, response.content)
        elif not isinstance(response, FileResponse):
            response.streaming_content = _watched(response.streaming_content, where, see)
        return response

    _around(BaseHandler, "get_response", answered)

    def wrote(result: Any, _: Any, sql: str, params: Any, *ignored: Any) -> Any:
        if params and sql[:6] != "SELECT":
            values = params.values() if isinstance(params, dict) else params
            texts = [_bytes(value) for value in values if not isinstance(value, int | float | None)]
            where = f"the database: {sql[:60]}"
            for packed in filter(is_packed, texts):
                see(where, packed)
            see(where, b"\0\n".join(texts))
        return result

    def wrote_many(result: Any, cursor: Any, sql: str, rows: Any, *ignored: Any) -> Any:
        for params in islice(rows, _MOST_ROWS):
            wrote(None, cursor, sql, params)
        return result

    _around(CursorWrapper, "_execute", wrote)
    _around(CursorWrapper, "_executemany", wrote_many)

    def cached(result: Any, cache: Any, key: str, value: Any, *args: Any) -> Any:
        see("the cache", _bytes(key) + b"\n" + value)
        return result

    _around(LocMemCache, "_set", cached)

    def mailed(result: Any, mail: EmailMessage, *args: Any, **named: Any) -> Any:
        see("mail", _bytes(f"{mail.subject}\n{mail.body}\n{mail.extra_headers}"))
        return result

    _around(EmailMessage, "send", mailed)


def install_redis(see: Callable[[str, bytes], None]) -> None:
    """See all that is sent to Redis. Loading the driver takes a tenth of a second."""
    from redis.connection import Connection

    def sent(result: Any, _: Any, command: Any, *args: Any, **named: Any) -> Any:
        data = b"".join(map(bytes, command)) if not isinstance(command, bytes) else command
        if b"AUTH" not in data[:40]:
            see("Redis", data)
        return result

    _around(Connection, "send_packed_command", sent)


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode(errors="surrogatepass")


def _watched(parts: Iterable[bytes], where: str, see: Callable[[str, bytes], None]) -> Iterator[bytes]:
    """Pass on a stream; what is seen overlaps, in case a secret is in two parts."""
    end = b""
    for part in parts:
        see(where, end + part)
        end = (end + part)[-400:]
        yield part


def install_in_server(config: Any) -> None:
    """Watch this process, if a test has told where to write what is found."""
    if file := os.environ.get("TEST_CANARIES"):
        shared = Shared(Path(file))
        install(shared)
        learn_fields(shared, config)
        if config.cache_url:
            install_redis(shared.see)
