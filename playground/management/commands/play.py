"""`manage.py play`: run the playground with its local model, for one person on one machine."""

import errno
import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils.translation import gettext

from playground import config
from playground.checks import DATABASE_TOLD, without_errors
from playground.config_types import SettingError
from playground.rendering.translate import translate
from playground.serving import static
from playground.serving.static import Collected
from playground.text.sentence import Sentence, gettext_noop
from playground.trouble import reason
from playground.upstream.local_model import weights
from playground.upstream.local_model.supervisor import LocalModelError, Supervisor, is_healthy

_START_SECONDS = 60.0
_STOP_SECONDS = 3.0
_POLL_SECONDS = 1.0
# Nothing needs scheduled tasks sooner, and a start for a short look costs no second process.
_TASKS_AFTER_SECONDS = 15.0
_HOST = gettext_noop("Set --host to an address or a name of this machine, such as 127.0.0.1.")
_PORT_ERRORS = (errno.EADDRINUSE, errno.EACCES)
_BACKLOG = 2048  # as `backlog` in gunicorn.conf.py, which gunicorn ignores for a socket that already listens


class Command(BaseCommand):
    help = "Start the playground and the local model. Ctrl-C stops both."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument(
            "--port", default=settings.CONFIG.port, type=int, help="port to listen on (default: 8000)"
        )
        parser.add_argument("--no-local-model", action="store_true", help="start without the local model")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._interrupted = False
        self._tasks: subprocess.Popen[bytes] | None = None

    def handle(self, *, host: str, port: int, no_local_model: bool, **options: Any) -> None:
        del options
        model: Supervisor | None = None
        server: subprocess.Popen[bytes] | None = None
        listener = _listen(host, port)
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._interrupt)
            _collect_static()
            self._check_settings()
            model = None if no_local_model else self._start_model()
            migrated = self._migrate()
            if model:
                model = self._ready(model)
            environment = _environment(host, port, model, migrated=migrated)
            server = _start_server(listener, environment)
            _wait_until_serving(server, host, port)
            self._announce(f"API Playground: {_address(host, port)}")
            if not _is_loopback(host):
                self._announce(
                    gettext("Anyone who can reach this address can use the keys and models of this machine.")
                )
            if model:
                words = gettext("To call the local model from code: %(command)s")
                self._announce(words % {"command": f"export LOCAL_API_KEY={model.key}"})
            if self._wait(server, environment if migrated else None):
                raise CommandError(gettext("The server stopped. The lines above say why."))
        except KeyboardInterrupt:
            pass  # the normal way to stop
        finally:
            listener.close()
            # A second Ctrl-C must not interrupt this and leave half of it running.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            if model:
                model.stop()  # first, so that the server does not wait for a call to it
            for child in (self._tasks, server):
                if child:
                    _stop(child)

    def _interrupt(self, number: int, frame: object) -> None:
        del number, frame
        self._interrupted = True
        raise KeyboardInterrupt

    def _wait(self, server: subprocess.Popen[bytes], environment: dict[str, str] | None = None) -> int:
        """Return the server's exit code. Poll for Ctrl-C: Python drops what a destructor raises.

        With the server's `environment`, scheduled tasks are run meanwhile.
        """
        tasks_begin = time.monotonic() + _TASKS_AFTER_SECONDS
        while not self._interrupted:
            with suppress(subprocess.TimeoutExpired):
                return server.wait(_POLL_SECONDS)
            if environment and not self._tasks and time.monotonic() >= tasks_begin:
                self._tasks = _start("manage.py", "scheduler", "--child", environment=environment)
        raise KeyboardInterrupt

    def _check_settings(self) -> None:
        """Check for errors here, because a worker would show a traceback. The server logs the warnings."""
        os.environ["PLAYGROUND_SECRET_KEY"] = settings.CONFIG.secret_key or secrets.token_urlsafe(50)
        settings.CONFIG = config.load()
        try:
            without_errors()
        except SettingError as error:
            raise CommandError(str(error)) from error

    def _migrate(self) -> bool:
        """Return whether the database can be used. If not, say why, so that the server doesn't repeat it."""
        database = settings.DATABASES["default"]["NAME"]
        folder = Path(database).parent if connection.vendor == "sqlite" else settings.BASE_DIR
        try:
            with weights.lock(folder):
                call_command("migrate", verbosity=0)
        except (DatabaseError, OSError) as error:
            words = gettext("Embeds and the admin are off. %(database)s can’t be used: %(why)s.")
            self.stderr.write(words % {"database": database, "why": gettext(reason(error) or str(error))})
            return False
        return True

    def _start_model(self) -> Supervisor | None:
        try:
            path = weights.ensure(
                weights.SMOLLM2, weights.cache_folder(), lambda line: self._announce(translate(line))
            )
        except weights.WeightsError as error:
            self._without_model(error.sentence)
            return None
        model = Supervisor(path, os.environ.get("LOCAL_API_KEY", ""))
        model.start()
        return model

    def _announce(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()  # pip may write next, bypassing our buffer

    def _ready(self, model: Supervisor) -> Supervisor | None:
        try:
            model.wait_until_ready()
        except LocalModelError as error:
            model.stop()
            self._without_model(error.sentence)
            return None
        return model

    def _without_model(self, reason: Sentence) -> None:
        words = gettext(
            "No local model: %(reason)s The playground starts without it. Choose a provider and enter your "
            "key there, or set a variable such as OPENAI_API_KEY first."
        )
        self.stderr.write(words % {"reason": translate(reason)})


def _listen(host: str, port: int) -> socket.socket:
    """Open the server's socket now, so that a second start fails at once because the port is taken."""
    if not host.strip():
        raise CommandError(gettext(_HOST))
    if not 1 <= port <= 65535:
        raise CommandError(gettext("Set --port to a number from 1 to 65535."))
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) else gettext("unknown name")
        is_the_port = isinstance(error, OSError) and error.errno in _PORT_ERRORS
        advice = gettext("Choose another port with --port.") if is_the_port else gettext(_HOST)
        words = gettext("Can’t listen on %(host)s port %(port)s: %(why)s. %(advice)s")
        raise CommandError(words % {"host": host, "port": port, "why": why, "advice": advice}) from error
    return listener


def _collect_static() -> None:
    """Write the hashed and compressed files again if they are from another version."""
    try:
        with weights.lock(settings.BASE_DIR):
            if static.collected() is not Collected.CURRENT:
                call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        why = reason(error) or error.strerror
        words = gettext("Can’t write the static files to %(folder)s: %(why)s.")
        raise CommandError(words % {"folder": settings.STATIC_ROOT, "why": why}) from error


def _environment(host: str, port: int, model: Supervisor | None, *, migrated: bool) -> dict[str, str]:
    environment = (
        (_without_limits() if _is_loopback(host) else {})
        | os.environ
        | {
            "PLAYGROUND_ALLOWED_HOSTS": os.environ.get("PLAYGROUND_ALLOWED_HOSTS")
            or ",".join(_host_names(host)),
            "PLAYGROUND_HTTPS": os.environ.get("PLAYGROUND_HTTPS") or "0",
            "PLAYGROUND_LOCAL_PROVIDERS": "1",
            "PLAYGROUND_LOG": os.environ.get("PLAYGROUND_LOG") or "0",
            "PLAYGROUND_PORT": str(port),
            # On a network, everyone who can reach the page could read them.
            "PLAYGROUND_RUNS": os.environ.get("PLAYGROUND_RUNS") or f"{int(migrated and _is_loopback(host))}",
        }
    )
    if model:
        environment |= {"PLAYGROUND_LOCAL_MODEL_URL": model.url, "LOCAL_API_KEY": model.key}
    if not migrated:
        environment[DATABASE_TOLD] = "1"
    return environment


def _start_server(listener: socket.socket, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    bind = f"fd://{listener.fileno()}"
    command = ("-m", "playground.serving.serve", "--bind", bind, "playground.wsgi")
    return _start(*command, environment=environment, pass_fds=[listener.fileno()])


def _start(
    *command: str, environment: dict[str, str], pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a child that ends when we do: it waits for the end of its standard input."""
    return subprocess.Popen(
        [sys.executable, *command],
        pass_fds=pass_fds,
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        process_group=0,  # Ctrl-C reaches only this process, which then stops its children in order
    )


def _without_limits() -> dict[str, str]:
    """Lift all limits: only the owner of the keys and the machine can call."""
    return {"PLAYGROUND_CAPS": "0", "PLAYGROUND_CLIENT_RATE": "off", "PLAYGROUND_TOTAL_RATE": "off"}


def _host_names(host: str) -> list[str]:
    """Return the host names to accept: only this machine's own, against DNS rebinding."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host in ("0.0.0.0", "::"):  # noqa: S104 -- compared, not bound
        own = socket.gethostname()
        found = {str(answer[4][0]) for answer in socket.getaddrinfo(own, None)}
        return [*names, own, *(f"[{address}]" if ":" in address else address for address in found)]
    return names if _is_loopback(host) else [*names, f"[{host}]" if ":" in host else host]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wait_until_serving(server: subprocess.Popen[bytes], host: str, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise CommandError(gettext("The server didn’t start. The lines above say why."))
        if is_healthy(f"{_address(host, port)}healthz"):
            return
        time.sleep(0.02)
    words = gettext("The server didn’t respond within %(number)s seconds.")
    raise CommandError(words % {"number": f"{_START_SECONDS:g}"})


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # gunicorn's quick shutdown
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)  # and its workers: a provider can take long
            server.wait()
    if server.stdin:
        server.stdin.close()
