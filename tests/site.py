"""The playground as deployed: gunicorn as configured, in processes of its own, on a real socket."""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import requests

from playground.serving.static import _sum_of_sources
from tests import forks
from tests.canaries.stored import leaks_of_server

ROOT = Path(__file__).parent.parent
SERVER_KEY = "sk-of-the-server-1"
_SERVED = {"DJANGO_SETTINGS_MODULE": "tests.served_settings"}


@dataclass(frozen=True)
class Site:
    """A running playground with the provider `test`. `process` is gunicorn's master."""

    address: str
    port: int
    process: forks.Program


@contextmanager
def serving(
    folder: Path,
    upstream: str,
    *,
    stderr: IO[bytes] | None = None,
    files: tuple[int, int] | None = None,
    port: int = 0,
    **environment: str,
) -> Iterator[Site]:
    """Start a site with the scripted provider `upstream` (`host:port`) and further environment variables.

    It listens on `port`, or on any that is free. `files` is the soft and the hard limit of open files at the
    start.
    """
    variables = variables_of(folder, upstream, environment)
    port = port or free_port()
    bind = f"127.0.0.1:{port}"
    command = ["-m", "gunicorn", "--config", "gunicorn.conf.py", "--bind", bind, "playground.wsgi"]
    with tempfile.TemporaryFile() as log:
        process = forks.start(command, cwd=ROOT, env=variables, stderr=stderr or log, files=files)
        try:
            site = Site(f"http://{bind}/", port, process)
            _wait_until_serving(site, int(variables.get("WEB_CONCURRENCY", "1")))
            yield site
        finally:
            process.terminate()
            process.close()
            log.seek(0)
            said = log.read()
            os.write(2, said)
    found = leaks_of_server(Path(variables["TEST_CANARIES"]), variables, said or _read(stderr))
    assert not found, "A secret came out of the server:\n" + "\n".join(found)


def _read(stderr: IO[bytes] | None) -> bytes:
    name = getattr(stderr, "name", None)
    return Path(name).read_bytes() if isinstance(name, str) and Path(name).is_file() else b""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def manage(folder: Path, upstream: str, *arguments: str, **environment: str) -> None:
    """Run a `manage.py` command with the settings that `serving` would use for the same arguments."""
    _run("manage.py", *arguments, env=variables_of(folder, upstream, environment))


def migrate(folder: Path, upstream: str, **environment: str) -> None:
    """Make the database that `serving` would use for the same arguments."""
    if "DATABASE_URL" in environment:
        manage(folder, upstream, "migrate", "--verbosity=0", **environment)
    else:
        shutil.copyfile(migrated_database(), environment["PLAYGROUND_DATABASE"])


def manage_all(folder: Path, upstream: str, *commands: list[str], **environment: str) -> None:
    """Run several `manage.py` commands in one process, as starting it takes longer than what they do."""
    code = "import json, sys\nimport manage\n"
    code += "for command in json.loads(sys.argv[1]): sys.argv[1:] = command; manage.main()"
    _run("-c", code, json.dumps(commands), env=variables_of(folder, upstream, environment))


def _run(*command: str, env: dict[str, str]) -> None:
    done = forks.run(command, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stderr


def variables_of(folder: Path, upstream: str, environment: dict[str, str]) -> dict[str, str]:
    (folder / "providers.toml").write_text(
        f'[[provider]]\nid = "test"\nlabel = "Test"\nbase_url = "http://{upstream}/v1"\n'
        'key_variable = "TEST_API_KEY"\nmodels = ["m", "m-large"]\n'
    )
    return {
        **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        "TEST_STATIC_ROOT": str(collected_files()),
        "PLAYGROUND_PROVIDERS": str(folder / "providers.toml"),
        "PLAYGROUND_PRIVATE_UPSTREAMS": upstream,
        "TEST_API_KEY": SERVER_KEY,
        "TEST_CANARIES": str(folder.with_suffix(".canaries")),  # not in the folder: tests search it
        **environment,
    }


def workers(site: Site) -> set[int]:
    """Return the ids of gunicorn's worker processes."""
    return {
        int(pid)
        for pid in Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split()
    }


@cache
def collected_files() -> Path:
    """Return the collected static files: compressing them takes seconds."""

    def collect(folder: Path) -> None:
        command = ["manage.py", "collectstatic", "--noinput", "--verbosity=0"]
        _run(*command, env=os.environ | _SERVED | {"TEST_STATIC_ROOT": str(folder)})

    return _made_once(ROOT / ".cache" / "static" / _sum_of_sources()[:16], collect)


@cache
def migrated_database() -> Path:
    """Return an empty SQLite database after all migrations, those of accounts too: they take seconds."""

    def make(file: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = f"{folder}/migrated.sqlite3"
            variables = {"PLAYGROUND_ACCOUNTS": "1", "PLAYGROUND_DATABASE": database, "DATABASE_URL": ""}
            variables["TEST_STATIC_ROOT"] = folder
            _run("manage.py", "migrate", "--verbosity=0", env=os.environ | _SERVED | variables)
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA wal_checkpoint")  # what is still in the log goes into the file
            shutil.move(database, file)

    sources = [ROOT / "requirements.txt", *sorted((ROOT / "playground").glob("*/migrations/*.py"))]
    total = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return _made_once(ROOT / ".cache" / "database" / f"{total[:16]}.sqlite3", make)


def _made_once(path: Path, make: Callable[[Path], None]) -> Path:
    """Let one of the processes that run tests make what all of them, and later runs, read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            unfinished = path.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.unlink(missing_ok=True)
            make(unfinished)
            unfinished.rename(path)
    return path


def _wait_until_serving(site: Site, count: int) -> None:
    """Wait until the site answers and has all its workers: gunicorn starts them one after another."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and site.process.poll() is None:
        if _is_healthy(site) and len(workers(site)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("the page is not served")


def _is_healthy(site: Site) -> bool:
    try:
        return requests.get(f"{site.address}healthz", timeout=1).ok
    except requests.RequestException:
        return False
