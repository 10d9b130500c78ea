"""A real Redis (or Valkey) on loopback, from the distribution's package, which `scripts/test` installs."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.site import free_port


@dataclass(frozen=True)
class RedisServer:
    """A running server. `url` is a value for CACHE_URL."""

    url: str


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with running_redis(free_port()) as server:
        yield server


@contextmanager
def running_redis(port: int) -> Iterator[RedisServer]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    assert program, "redis-server or valkey-server is needed: on Debian, apt install redis-server"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_until_open(port, process)
            yield RedisServer(f"redis://127.0.0.1:{port}/0")
        finally:
            process.terminate()


def _wait_until_open(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("Redis does not start")
