"""Keep the model's process running for as long as this process lives, and no longer.

A process that does not answer, or makes no progress, hangs: it is ended and started again. One that is merely
slow makes progress.
"""

import json
import logging
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import requests

import playground
from playground.text.sentence import SentenceError, gettext_noop, say
from playground.upstream.local_model.life import Life

logger = logging.getLogger(__name__)

_USUAL_PORT = 8484
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_HEALTHY_AFTER_SECONDS = 10.0
_SHORTEST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_LOOK_SECONDS = 5.0
# Without an answer to the health check, for which the server has a thread of its own.
_DEAF_SECONDS = 30.0
_ROOT = Path(playground.__file__).parent.parent


class LocalModelError(SentenceError):
    """The model does not start; `sentence` says why in one line."""


class Supervisor:
    """The model's process. `url` and `key` stay the same from `start()` to `stop()`, even over restarts."""

    def __init__(self, model: Path, key: str = "") -> None:
        self.key = key or secrets.token_urlsafe(24)
        self._model = model.resolve()
        self._door = _reserve_port()
        self._stopping = threading.Event()
        self._spawning = threading.Lock()  # `stop` must not miss a process that is just being started
        self._watcher: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @property
    def port(self) -> int:
        return int(self._door.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process; `wait_until_ready` waits until it answers."""
        self._spawn()

    def wait_until_ready(self) -> None:
        """Raise `LocalModelError` if the model has ended or does not answer in time.

        From then on a thread restarts the model whenever it dies.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                words = gettext_noop("The local model didn’t start: %(why)s")
                raise LocalModelError(say(words, why=self._last_words()))
            if Life(f"http://127.0.0.1:{self.port}").is_there():
                self._watch_over()
                return
            time.sleep(0.02)
        words = gettext_noop("The local model didn’t respond within %(number)s seconds.")
        raise LocalModelError(say(words, number=f"{_START_SECONDS:g}"))

    def stop(self) -> None:
        with self._spawning:
            self._stopping.set()
        if self._process:
            _close(self._process)  # closes the lifeline, so it ends by itself
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._watcher:
            self._watcher.join()
        if self._log:
            self._log.close()
        self._door.close()

    def _spawn(self) -> None:
        if self._log:
            self._log.close()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 -- stays open as long as the process
        command = [sys.executable, "-m", "playground.upstream.local_model.server"]
        process = subprocess.Popen(
            command, cwd=_ROOT, env=_environment(), stdin=subprocess.PIPE, stdout=self._log, stderr=self._log
        )
        config = {"model": str(self._model), "port": self.port, "key": self.key}
        try:
            stdin = cast("IO[bytes]", process.stdin)
            stdin.write(json.dumps(config).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            logger.debug("the local model ended before it read its settings")  # `_watch` restarts it
        self._process = process

    def _watch_over(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="local-model", daemon=True)
            self._watcher.start()

    def _watch(self) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        while self._process:
            started = time.monotonic()
            self._wait_for_end(self._process)
            if self._stopping.is_set():
                return
            _close(self._process)
            if time.monotonic() - started > _HEALTHY_AFTER_SECONDS:
                pause = _SHORTEST_PAUSE_SECONDS
            logger.warning("The local model ended (%s); starting it again.", self._process.returncode)
            self._stopping.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            self._respawn()

    def _wait_for_end(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the process ends, and kill it if it hangs. A restart may take as long as a start."""
        life = Life(f"http://127.0.0.1:{self.port}", self.key)
        heard = time.monotonic() + _START_SECONDS
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_SECONDS)
                return
            if is_there := life.is_there():
                heard = time.monotonic()
            if time.monotonic() - heard > _DEAF_SECONDS or (is_there and life.hangs()):
                logger.warning("The local model hangs; ending it.")
                process.kill()

    def _respawn(self) -> None:
        with self._spawning:
            if self._stopping.is_set():
                return
            try:
                self._spawn()
            except OSError as error:  # such as no memory or disk for now; the next round tries again
                logger.warning("The local model cannot be started: %s", error)

    def _last_words(self) -> str:
        if self._log is None:
            return "it was never started"
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _environment() -> dict[str, str]:
    """Let the model's threads sleep while they wait for each other, unless the operator set it otherwise.

    OpenMP's threads spin instead. When anything else runs on the machine, the thread that is waited for does
    not get the processor that the others burn: an answer then took 20 to 40 times as long.
    """
    return {"OMP_WAIT_POLICY": "passive", **os.environ}


def is_healthy(url: str) -> bool:
    """Whether a server on this machine answers. Ignores a proxy that is set for the outside world."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=1).ok
        except requests.RequestException:
            return False


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close our end of the pipe; a process that died has closed the other."""
    with suppress(BrokenPipeError):
        cast("IO[bytes]", process.stdin).close()


def _reserve_port() -> socket.socket:
    """Reserve a free port with a socket that never listens, so that a restarted model can use it again.

    Both sides set SO_REUSEPORT; the system passes connections only to sockets that listen. The usual port is
    preferred if it is free, so that code copied earlier still runs.
    """
    try:
        return _reserved(_USUAL_PORT)
    except OSError:
        return _reserved(0)


def _reserved(port: int) -> socket.socket:
    """Reserve the port. Raises `OSError` if another process has it, even one started at the same moment.

    SO_REUSEPORT admits any number of the same user's sockets. SO_REUSEADDR, which ignores the rest of earlier
    connections, admits any number that do not listen. Only one can listen: that one decides.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as guard:
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        guard.bind(("127.0.0.1", port))
        guard.listen(0)
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            # Binds next to the guard of a simultaneous start that lost; that one must not listen after ours.
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            reserved.bind(guard.getsockname())
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        except OSError:
            reserved.close()
            raise
        return reserved
