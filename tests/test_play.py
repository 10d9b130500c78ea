"""`manage.py play`: what a person starts, with all its processes."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from playground.management.commands import play
from playground.management.commands.play import Command
from tests import forks
from tests.site import collected_files
from tests.upstreams.scripted import ScriptedUpstream

ROOT = Path(__file__).parent.parent
HELLO = {
    "model": "smollm2-135m-instruct",
    "messages": [{"role": "user", "content": "Hello!"}],
    "max_tokens": 10,
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(**changes: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PLAYGROUND_", "DJANGO_")) and not name.endswith("_API_KEY")
    }
    return kept | changes


@contextmanager
def _play(port: int, *options: str, cwd: Path = ROOT, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(ROOT / "manage.py"), "play", "--port", str(port), *options]
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _until_serving(process: subprocess.Popen[str]) -> str:
    """Return the address once it is printed. On a first download, pip's output comes before it."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.match(r"API Playground: (http://\S+)$", line):
            return found[1]
    raise AssertionError(process.stderr.read() if process.stderr else "no output")


def _children(pid: int) -> list[int]:
    direct = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _parent(path) == pid]
    return direct + [grandchild for child in direct for grandchild in _children(child)]


def _parent(process: Path) -> int | None:
    try:
        # The state and the parent follow the name in parentheses, which may hold anything.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _all_gone(pids: list[int], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not [pid for pid in pids if Path(f"/proc/{pid}").exists() and not _is_zombie(pid)]:
            return True
        time.sleep(0.05)
    return False


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def _post(address: str, values: dict[str, Any]) -> requests.Response | None:
    """Send a request; None if the server ended meanwhile."""
    session = requests.Session()
    session.get(address, timeout=30).raise_for_status()
    headers = {"X-CSRFToken": session.cookies["csrftoken"]}
    try:
        return session.post(f"{address}send/", json=values, headers=headers, timeout=60)
    except requests.ConnectionError:
        return None


def test_one_command_to_an_answer_of_a_real_model_and_ctrl_c_ends_all() -> None:
    with _play(_free_port()) as process:
        address = _until_serving(process)
        assert process.stdout is not None
        exported = process.stdout.readline()
        posted = _post(address, {"provider": "local", "request": HELLO})
        assert posted is not None
        answer = posted.json()
        assert answer["error"] is None
        assert answer["completion"]["choices"][0]["message"]["content"]

        # The printed line makes the code from the page run.
        key = re.search(r"export LOCAL_API_KEY=(\S+)", exported)
        assert key is not None
        done = subprocess.run(
            [sys.executable, "-c", answer["snippets"]["python"]],
            env=_environment(LOCAL_API_KEY=key[1]),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert done.stdout.strip()

        children = _children(process.pid)
        assert len(children) >= 3  # the model, gunicorn and its worker
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "Traceback" not in errors
    assert _all_gone(children)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        *(pytest.param(number, marks=pytest.mark.thorough) for number in (signal.SIGTERM, signal.SIGKILL)),
    ],
)
def test_it_stops_soon_while_a_call_is_under_way(number: signal.Signals) -> None:
    with (
        ScriptedUpstream() as upstream,
        _play(
            _free_port(),
            "--no-local-model",
            PLAYGROUND_PRIVATE_UPSTREAMS=upstream.host_port,
        ) as process,
    ):
        upstream.reply(lambda connection, recorded: connection.settimeout(60) or connection.recv(1))
        address = _until_serving(process)
        call = threading.Thread(target=_post, args=(address, {"base_url": upstream.url, "request": HELLO}))
        call.start()
        while not upstream.requests:
            time.sleep(0.02)
        children = _children(process.pid)

        process.send_signal(number)

        assert _all_gone(children, 20)  # the call itself may take a minute
        process.communicate(timeout=60)
        call.join()

    assert process.returncode == (-number if number == signal.SIGKILL else 0)


def test_a_signal_during_a_destructor_is_not_lost() -> None:
    """An exception that a signal handler raises in a destructor is lost; a start runs many of them."""
    command = Command()
    with suppress(KeyboardInterrupt):
        command._interrupt(signal.SIGTERM, None)

    with subprocess.Popen(["sleep", "30"]) as server:
        with pytest.raises(KeyboardInterrupt):
            command._wait(server)
        server.kill()


def test_scheduled_tasks_run_meanwhile_and_end_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(play, "_TASKS_AFTER_SECONDS", 0)
    monkeypatch.setattr(play, "_POLL_SECONDS", 0.01)
    database = str(tmp_path / "db.sqlite3")
    environment = _environment(PLAYGROUND_DATABASE=database, PLAYGROUND_SECRET_KEY="k" * 25 + "ey" * 25)
    command = Command()
    with subprocess.Popen(["sleep", "0.2"]) as server:
        assert command._wait(server, environment) == 0

    tasks = command._tasks
    assert tasks
    assert tasks.stdin
    tasks.stdin.close()  # as the end of `play`

    assert tasks.wait(60) == 0


def test_killing_it_ends_its_children() -> None:
    with _play(_free_port()) as process:
        _until_serving(process)
        children = _children(process.pid)
        assert len(children) >= 3

        process.kill()

        assert _all_gone(children)


def test_it_starts_from_another_folder_and_ignores_a_proxy(tmp_path: Path) -> None:
    with _play(_free_port(), cwd=tmp_path, http_proxy="http://127.0.0.1:9") as process:
        address = _until_serving(process)
        assert process.stdout is not None
        assert "export LOCAL_API_KEY=" in process.stdout.readline()

        session = requests.Session()
        session.trust_env = False
        assert session.get(address, timeout=30).status_code == 200


@pytest.fixture(scope="module")
def without_model() -> Iterator[str]:
    with _play(_free_port(), "--no-local-model") as process:
        yield _until_serving(process)


def test_the_page_works_without_the_local_model(without_model: str) -> None:
    page = requests.get(without_model, timeout=30).text

    assert '<option value="openai" selected' in page
    assert "LOCAL_API_KEY=" not in page


def test_without_a_network_one_line_says_so_and_the_page_starts(tmp_path: Path) -> None:
    offline = {
        "XDG_CACHE_HOME": str(tmp_path),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_INDEX": "0",
        "PIP_FIND_LINKS": "",
    }
    with _play(_free_port(), **offline) as process:
        address = _until_serving(process)
        assert requests.get(address, timeout=30).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)

    [line] = errors.strip().splitlines()
    assert line.startswith("No local model: ")
    assert "OPENAI_API_KEY" in line


def test_what_is_missing_is_told_once(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere" / "here")
    with _play(
        _free_port(), "--no-local-model", PLAYGROUND_DOCS=missing, PLAYGROUND_DATABASE=f"{missing}.sqlite3"
    ) as process:
        _until_serving(process)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        told = process.stderr.read().splitlines()

    assert len([line for line in told if missing in line]) == 2
    assert len([line for line in told if "PLAYGROUND_DOCS" in line]) == 1
    assert len([line for line in told if "Embeds and the admin" in line or "not migrated" in line]) == 1


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with _play(port, "--no-local-model") as process:
            _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    [line] = errors.strip().splitlines()
    assert f"port {port}" in line
    assert "--port" in line


def test_a_second_start_on_the_same_port_fails_at_once() -> None:
    """Even if the first is not ready yet: the second must not announce the other's address."""
    port = _free_port()
    with _play(port, "--no-local-model") as first:
        time.sleep(0.5)
        with _play(port, "--no-local-model") as second:
            ended = [_end_or_address(process) for process in (first, second)]
    assert sorted(address is not None for address, _ in ended) == [False, True]
    ((_, errors),) = [end for end in ended if end[0] is None]
    (line,) = errors.strip().splitlines()
    assert f"port {port}" in line


def _end_or_address(process: subprocess.Popen[str]) -> tuple[str | None, str]:
    """Return the announced address, or stderr if the process ends without one."""
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if found := re.match(r"API Playground: (http://\S+)$", line):
            return found[1], ""
    return None, process.stderr.read()


def test_two_first_starts_at_once_share_a_database_and_its_migrations(tmp_path: Path) -> None:
    database = str(tmp_path / "db.sqlite3")
    with ExitStack() as stack:
        starts = [
            stack.enter_context(_play(_free_port(), "--no-local-model", PLAYGROUND_DATABASE=database))
            for _ in range(2)
        ]
        for start in starts:
            address = _until_serving(start)
            assert requests.get(f"{address}readyz", timeout=30).json()["database"] == "ok"
            start.send_signal(signal.SIGTERM)
        errors = [start.communicate(timeout=60)[1] for start in starts]
    assert errors == [""] * 2


def test_a_terminal_without_unicode_gets_replacements(tmp_path: Path) -> None:
    """`…` is not in Latin-1, and a path may hold anything."""
    offline = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "0",
    }
    home = tmp_path / "模型"
    with _play(_free_port(), PYTHONIOENCODING="latin-1", XDG_CACHE_HOME=str(home), **offline) as process:
        _until_serving(process)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode == 0


def test_a_link_to_the_script_finds_the_project(tmp_path: Path) -> None:
    link = tmp_path / "play"
    link.symlink_to(ROOT / "scripts" / "play")
    # `_venv.sh` replaces the stub of `install` by its own, which finds nothing to do in a checkout that is
    # set up.
    done = subprocess.run(
        ["bash", "-c", f'exec() {{ echo "$PWD"; exit 0; }}; install() {{ :; }}; source "{link}"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == str(ROOT)


def test_a_first_start_without_a_network_explains_why_it_fails(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "requirements.txt").write_text("no-such-package-anywhere==1\n")
    done = subprocess.run(
        [tmp_path / "scripts" / "play"],
        env=_environment(
            PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_CONFIG_FILE="/dev/null", PIP_NO_INDEX="0"
        ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Not started: requirements.txt could not be installed.")
    assert "Traceback" not in done.stderr


def _plays(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `play` after code that makes a call fail as a system would."""
    main = f"import sys; sys.argv = ['manage.py', 'play', *{options!r}]; import manage; manage.main()"
    return forks.run(["-c", f"{code}\n{main}"], cwd=ROOT, env=_environment(), timeout=120)


@pytest.mark.parametrize(
    ("number", "words"), [("ENOSPC", "the disk is full"), ("EROFS", "the disk is read-only")]
)
def test_unwritable_files_are_reported_in_one_line(tmp_path: Path, number: str, words: str) -> None:
    """Simulated at the call, because the user running the tests may be allowed to write everywhere."""
    code = (
        "import errno, os; from playground import settings\n"
        f"settings.STATIC_ROOT = {str(tmp_path / 'static')!r}\n"
        "from django.core.files.storage import FileSystemStorage as S\n"
        f"def fail(self, name, content): raise OSError(errno.{number}, os.strerror(errno.{number}))\n"
        "S._save = fail"
    )
    done = _plays(code, "--no-local-model", "--port", str(_free_port()))

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert words in line
    assert str(tmp_path) in line


def test_collected_files_need_not_be_writable() -> None:
    """A container image is built once and started read-only."""
    code = (
        "from playground import settings\n"
        f"settings.STATIC_ROOT = {str(collected_files())!r}\n"
        "from django.core.files.storage import FileSystemStorage as S\n"
        "def fail(self, name, content): raise OSError('must not be called')\n"
        "S._save = fail\n"
        "from playground.management.commands import play\n"
        "play._start_server = lambda *_, **__: sys.exit('as far as the server')"
    )
    done = _plays("import sys\n" + code, "--no-local-model", "--port", str(_free_port()))

    assert "as far as the server" in done.stderr


@pytest.mark.parametrize(
    ("settings", "options", "words"),
    [
        ({}, ["--host", ""], "Set --host to an address"),
        ({}, ["--host", "no.such.name.invalid", "--no-local-model"], "Can’t listen on no.such.name.invalid"),
        ({}, ["--host", "x" * 70, "--no-local-model"], "Can’t listen on xxx"),
        ({}, ["--host", "256.1.1.1", "--no-local-model"], "Set --host to an address"),
        ({}, ["--host", "192.0.2.1", "--no-local-model"], "Set --host to an address"),
        ({}, ["--port", "0"], "Set --port to a number from 1 to 65535"),
        ({"PLAYGROUND_PORT": "70000"}, [], "Set --port to a number from 1 to 65535"),
        ({"PLAYGROUND_SECRET_KEY": "short"}, ["--no-local-model"], "has fewer than 50 characters"),
    ],
)
def test_invalid_options_are_reported_without_a_traceback(
    settings: dict[str, str], options: list[str], words: str
) -> None:
    done = forks.run(["manage.py", "play", *options], cwd=ROOT, env=_environment(**settings))

    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_another_host_name_is_not_served(without_model: str) -> None:
    """A name rebound to this machine must not reach the keys that the playground holds."""
    answer = requests.get(without_model, headers={"Host": "rebound.example"}, timeout=30)

    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["::1", "localhost"])
def test_it_serves_on_the_given_host(host: str) -> None:
    with _play(_free_port(), "--no-local-model", "--host", host) as process:
        address = _until_serving(process)

        assert requests.get(address, timeout=30).status_code == 200
