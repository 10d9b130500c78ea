"""Python programs that start from a process which has imported what they need.

Most of a start's half second goes into imports. Here one process does them once, without any settings, and
each program runs in a fork of it. A test of the start itself starts a new Python.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from tests.canaries.taps import Shared

# What a parent imports: for programs of the playground, and for code that calls a provider with its SDK.
PLAYGROUND = """\
import importlib, pkgutil
import django, gunicorn.app.wsgiapp, gunicorn.workers.gthread, playground
from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured

def imported(name):
    try:
        importlib.import_module(name)
    except (AppRegistryNotReady, ImproperlyConfigured):
        pass  # it needs settings, which each program has of its own

for found in pkgutil.walk_packages(playground.__path__, "playground.", onerror=lambda name: None):
    if found.name not in ("playground.settings", "playground.wsgi"):
        imported(found.name)
"""
SDKS = """\
import anthropic, openai
with openai.OpenAI(api_key="none") as client:
    client.chat.completions, client.responses  # loaded at their first use
with anthropic.Anthropic(api_key="none") as client:
    client.messages
"""
# Between the parent and each program stands a process that waits for the program and passes on how it ended.
_PARENT = """
import atexit, gc, json, os, resource, runpy, socket, sys, threading

def run(task, streams):
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 1024)
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["environment"])
    if task["files"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, task["files"])
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        setattr(sys, name, open(number, "w" if number else "r", buffering=1))
    kind, *sys.argv = task["command"]
    if kind == "-c":
        code, sys.argv[0], sys.path[0] = sys.argv[0], "-c", ""
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
    elif kind == "-m":
        sys.path[0] = task["cwd"]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv.insert(0, kind)
        sys.path[0] = os.path.dirname(os.path.abspath(kind))
        runpy.run_path(kind, run_name="__main__")

def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass

def end(status):
    # As Python ends, but without taking all its modules apart: most programs take less time than that.
    if not isinstance(status, int | None):
        print(status, file=sys.stderr)
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit((status or 0) & 0xFF)

gc.freeze()  # no fork looks for garbage among what it shares
requests = socket.socket(fileno=0)
while True:
    length, streams, _, _ = socket.recv_fds(requests, 8, 4)
    if not length:
        reap()
        sys.exit()
    text = b""
    while len(text) < int(length):
        text += requests.recv(int(length) - len(text))
    reap()
    if os.fork():
        for stream in streams:
            os.close(stream)
        continue
    *streams, status = streams
    if child := os.fork():
        requests.close()
        for stream in streams:
            os.close(stream)
        os.write(status, f"{child}\\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(status, f"{code}\\n".encode())
        os._exit(0)
    break
requests.detach()
try:
    run(json.loads(text), streams)
except SystemExit as error:
    end(error.code)
end(0)
"""


class Program:
    """A program that runs in a fork: what the tests need of `subprocess.Popen`."""

    def __init__(self, status: int) -> None:
        self._status = os.fdopen(status)
        self.pid = int(self._status.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired([], timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def close(self) -> None:
        self.wait()
        self._status.close()

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = int(self._status.readline())
        return self.returncode


def start(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdout: int | IO[bytes] = 1,
    stderr: int | IO[bytes] = 2,
    files: tuple[int, int] | None = None,
    imports: str = PLAYGROUND,
) -> Program:
    """Run a script, `-c code` or `-m module` with arguments. `files` limits how many it may open.

    It starts from a process that has run `imports`, `PLAYGROUND` or `SDKS`.
    """
    task = {"command": [*command], "cwd": str(cwd), "environment": {**env}, "files": files}
    text = json.dumps(task).encode()
    read, write = os.pipe()
    numbers = [one if isinstance(one, int) else one.fileno() for one in (stdout, stderr)]
    requests = _parent(imports)
    with Path(os.devnull).open("rb") as nothing:
        socket.send_fds(requests, [b"%8d" % len(text)], [nothing.fileno(), *numbers, write])
    os.close(write)
    requests.sendall(text)
    return Program(read)


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float = 60,
    imports: str = PLAYGROUND,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as `subprocess.run` with captured output does."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        program = start(command, cwd=cwd, env=env, stdout=out, stderr=errors, imports=imports)
        try:
            code = program.wait(timeout)
        finally:
            program.send_signal(signal.SIGKILL)
            program.close()
        said = []
        for stream in (out, errors):
            stream.seek(0)
            said.append(stream.read().decode())
    if file := env.get("TEST_CANARIES"):
        found = Shared(Path(file)).leaks_in(f"output of {' '.join(command)}", "".join(said).encode())
        assert not found, "\n".join(found)
    return subprocess.CompletedProcess([*command], code, *said)


@cache
def _parent(imports: str) -> socket.socket:
    ours, theirs = socket.socketpair()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "DJANGO_"))
    }
    command, root = [sys.executable, "-c", imports + _PARENT], Path(__file__).parent.parent
    # In a group of its own, Ctrl-C leaves the programs to the tests that started them.
    parent = subprocess.Popen(command, cwd=root, env=kept, stdin=theirs.fileno(), process_group=0)
    theirs.close()

    def end() -> None:
        ours.close()
        parent.wait()

    atexit.register(end)
    return ours
