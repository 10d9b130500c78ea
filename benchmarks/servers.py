"""The processes to measure: the provider, the floor and the playground, each on its own port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
# The same settings for both, so that only the programs differ.
GUNICORN = ["-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "--workers=1", "--threads=16"]


@dataclass(frozen=True)
class Servers:
    upstream: str
    floor: str
    playground: str


@contextmanager
def all_servers(provider: str = "benchmarks.mock") -> Iterator[Servers]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        upstream, floor, playground = free_port(), free_port(), free_port()
        variables = environment(folder, upstream)
        run_manage("collectstatic", variables)
        stack.enter_context(server(["-m", provider, str(upstream)], upstream, variables))
        for port, application in ((floor, "benchmarks.floor"), (playground, "playground.wsgi")):
            command = [*GUNICORN, f"--bind=127.0.0.1:{port}", application]
            stack.enter_context(server(command, port, variables))
        yield Servers(variables["UPSTREAM"], f"http://127.0.0.1:{floor}/", f"http://127.0.0.1:{playground}/")


def environment(folder: Path, upstream: int) -> dict[str, str]:
    """Return the variables for every server: one provider, `bench`, on the port `upstream`."""
    url = f"http://127.0.0.1:{upstream}/v1"
    (folder / "providers.toml").write_text(
        f'[[provider]]\nid = "bench"\nlabel = "Bench"\nbase_url = "{url}"\n'
        'key_variable = "BENCH_API_KEY"\nmodels = ["m"]\n'
        'dialects = ["chat_completions", "messages", "responses"]\n'
    )
    return {
        "PLAYGROUND_SECRET_KEY": "only-for-benchmarks-" * 3,
        "PLAYGROUND_HTTPS": "0",
        # All calls come from one machine.
        "PLAYGROUND_CAPS": "0",
        "PLAYGROUND_CLIENT_RATE": "off",
        "PLAYGROUND_TOTAL_RATE": "off",
        "PLAYGROUND_CLIENT_CALLS": "100000",
        "PLAYGROUND_LOG": "0",  # its lines would mix with the figures
        "PLAYGROUND_PROVIDERS": str(folder / "providers.toml"),
        "PLAYGROUND_PRIVATE_UPSTREAMS": f"127.0.0.1:{upstream}",
        "BENCH_API_KEY": "sk-only-for-benchmarks",
        "UPSTREAM": f"{url}/chat/completions",
    }


def run_manage(command: str, variables: dict[str, str]) -> None:
    arguments = [sys.executable, "manage.py", command, "--noinput", "--verbosity=0"]
    subprocess.run(arguments, cwd=ROOT, env=os.environ | variables, check=True)


@contextmanager
def server(command: list[str], port: int, variables: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, *command], cwd=ROOT, env=os.environ | variables) as process:
        try:
            wait_until_listening(port)
            yield process
        finally:
            process.terminate()


def wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
