"""Time from `scripts/play` to the local model's first answer, at a second start."""

import os
import re
import signal
import subprocess
import time

import requests

from benchmarks.servers import ROOT, free_port

HELLO = {
    "provider": "local",
    "request": {"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": "Hello!"}]},
}


def report() -> None:
    _start()  # the first start may install and download
    serving, answered = _start()
    print("\nSecond start of scripts/play (seconds)\n")
    print(f"{serving:8.2f}  to a serving page (aim: under 5)")
    print(f"{answered:8.2f}  to the first answer of the local model")


def _start() -> tuple[float, float]:
    began = time.perf_counter()
    command = [str(ROOT / "scripts" / "play"), "--port", str(free_port())]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLAYGROUND_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            address = _address(process)
            serving = time.perf_counter() - began
            session = requests.Session()
            session.get(address, timeout=60).raise_for_status()
            headers = {"X-CSRFToken": session.cookies["csrftoken"]}
            answer = session.post(f"{address}send/", json=HELLO, headers=headers, timeout=60).json()
            if answer["error"]:
                raise RuntimeError(answer["error"]["title"])
            return serving, time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGINT)


def _address(process: "subprocess.Popen[str]") -> str:
    for line in process.stdout or ():
        if found := re.match(r"API Playground: (\S+)", line):
            return found[1]
    raise RuntimeError("scripts/play did not start")
