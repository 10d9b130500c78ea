"""Calls a second with accounts, budgets, and runs on, beside the floor: `python -m benchmarks.team`.

The playground writes to SQLite and, in a second server, to PostgreSQL. With LITELLM, the path of a `litellm`
program, its proxy is measured in the same run.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from benchmarks.latency import CLIENTS, REQUEST
from benchmarks.servers import (
    GUNICORN,
    ROOT,
    environment,
    free_port,
    run_manage,
    server,
    wait_until_listening,
)
from tests.postgresql import running_postgresql

# Its address, and the headers and the JSON of a call.
Place = tuple[str, dict[str, str], object]
ROUNDS = 5
# Of each client, in a round.
EACH = 60
_TEAM = """
from playground.people import tokens
from playground.people.models import User
from playground.teams import budgets, people
from playground.teams.models import Membership
owner = User.objects.create(username="owner", email="owner@example.org")
team = people.make_team("Bench", owner)
for subject in ("team", "each"):
    for period in ("day", "month"):
        budgets.put(team, subject, period, "", {"calls": 10**9, "tokens": 10**12, "usd": None}, owner)
member = Membership.objects.get(person=owner)
print("TOKEN", tokens.make(member, "bench", 7, sends=True, reads=True)[1])
"""


@contextmanager
def places() -> Iterator[dict[str, Place]]:
    """Run all servers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        upstream, floor = free_port(), free_port()
        variables = environment(folder, upstream)
        run_manage("collectstatic", variables)
        stack.enter_context(server(["-m", "benchmarks.mock", str(upstream)], upstream, variables))
        stack.enter_context(
            server([*GUNICORN, f"--bind=127.0.0.1:{floor}", "benchmarks.floor"], floor, variables)
        )
        found: dict[str, Place] = {"floor": (f"http://127.0.0.1:{floor}/", dict[str, str](), REQUEST)}
        database = stack.enter_context(running_postgresql())
        for name, further in (
            ("SQLite", {"PLAYGROUND_DATABASE": str(folder / "team.sqlite3")}),
            ("PostgreSQL", {"DATABASE_URL": database.url()}),
        ):
            port, team = free_port(), variables | further | _ON
            run_manage("migrate", team)
            headers = {"Authorization": f"Bearer {_token(team)}", "Accept": "application/json"}
            stack.enter_context(
                server([*GUNICORN, f"--bind=127.0.0.1:{port}", "playground.wsgi"], port, team)
            )
            call = {"provider": "bench", "request": REQUEST}
            found[name] = (f"http://127.0.0.1:{port}/send/", headers, call)
        if program := os.environ.get("LITELLM"):
            port = free_port()
            stack.enter_context(_litellm(program, port, folder, variables))
            found["LiteLLM"] = (
                f"http://127.0.0.1:{port}/v1/chat/completions",
                {"Authorization": "Bearer sk-only-for-benchmarks"},
                REQUEST,
            )
        yield found


_ON = {"PLAYGROUND_ACCOUNTS": "1", "PLAYGROUND_RUNS": "1"}


def _token(variables: dict[str, str]) -> str:
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", _TEAM]
    told = subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, check=True, capture_output=True, text=True
    )
    return told.stdout.split("TOKEN ")[1].strip()


@contextmanager
def _litellm(program: str, port: int, folder: Path, variables: dict[str, str]) -> Iterator[None]:
    base = variables["UPSTREAM"].removesuffix("/chat/completions")
    (folder / "litellm.yaml").write_text(
        f"model_list:\n- model_name: m\n  litellm_params: {{model: openai/m, api_base: {base}, api_key: x}}\n"
        "general_settings: {master_key: sk-only-for-benchmarks}\n"
    )
    command = [program, "--config", str(folder / "litellm.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_listening(port)
            yield
        finally:
            process.terminate()


def calls_a_second(address: str, headers: dict[str, str], call: object) -> float:
    def client(_: int) -> None:
        with requests.Session() as session:
            for _ in range(EACH):
                answer = session.post(address, json=call, headers=headers, timeout=60)
                assert answer.ok, answer.text

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return CLIENTS * EACH / (time.perf_counter() - began)


def report() -> None:
    """Take turns, so that noise hits all alike."""
    with places() as found:
        rates: dict[str, list[float]] = {name: [] for name in found}
        for number in range(ROUNDS + 1):
            for name, place in found.items():
                rate = calls_a_second(*place)
                if number:  # the first round warms up
                    rates[name].append(rate)
    floor = statistics.median(rates["floor"])
    print(f"\nCalls a second with accounts, budgets, and runs, {CLIENTS} clients, {ROUNDS} rounds\n")
    print(f"{'':12}{'median':>8}{'lowest':>8}{'highest':>8}{'/ floor':>10}")
    for name, values in rates.items():
        median = statistics.median(values)
        print(f"{name:12}{median:8.0f}{min(values):8.0f}{max(values):8.0f}{median / floor:10.2f}")
    print("\nAim: 0.7 of the floor, and 5 times LiteLLM’s.")


if __name__ == "__main__":
    report()
