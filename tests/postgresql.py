"""A real PostgreSQL on loopback, from the distribution's package, which `scripts/test` installs."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "hunter2-of-the-database"
_OPTIONS = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]


@dataclass(frozen=True)
class PostgreSQLServer:
    """A running server with the superuser `playground`."""

    port: int
    programs: Path
    data: Path
    user: str | None

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        """Return a value for DATABASE_URL."""
        return f"postgresql://playground:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.data), *arguments]
        subprocess.run(command, user=self.user, stdout=subprocess.DEVNULL, check=True, cwd="/")

    def start(self) -> None:
        options = " ".join([f"-p {self.port}", *(f"'{option}'" for option in _OPTIONS)])
        self.run("pg_ctl", "-w", "-o", options, "-l", f"{self.data}/log", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-w", "-m", "immediate", "stop")


@contextmanager
def running_postgresql(login: str = "scram-sha-256") -> Iterator[PostgreSQLServer]:
    """Start a server. With the login `trust`, a connection takes a third of the time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    # Not in pytest's temporary folder, which only the current user may enter.
    with tempfile.TemporaryDirectory() as folder:
        server = PostgreSQLServer(port, _programs(), Path(folder) / "data", user)
        secret = Path(folder) / "password"
        secret.write_text(PASSWORD)
        if user:
            for path in (Path(folder), secret):
                os.chown(path, pwd.getpwnam(user).pw_uid, -1)
        user_options = ["-A", login, "-U", "playground", f"--pwfile={secret}"]
        server.run("initdb", *user_options, "-E", "UTF8", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    with running_postgresql() as server:
        yield server


def _programs() -> Path:
    """Find the programs: Debian does not put them on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    assert program, "PostgreSQL is needed: on Debian, apt install postgresql"
    return Path(program).parent
