"""A real nginx on loopback with the configuration of `deploy/`, in front of instances of the playground."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import trustme

from tests.site import ROOT, free_port

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")  # which may not be on the PATH
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxy:
    """nginx, at an https address with a certificate that `authority` vouches for."""

    address: str
    authority: str


def configuration(folder: Path, ports: tuple[int, int], instances: Sequence[str]) -> Path:
    """Write the deployed configuration for other ports and instances (`host:port`), with a certificate."""
    ours = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    authority = trustme.CA()
    made = authority.issue_cert("playground.example.org", "127.0.0.1")
    made.private_key_and_cert_chain_pem.write_to_path(folder / "pair.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    ours = re.sub(r"(ssl_certificate(?:_key)?) \S+;", rf"\1 {folder}/pair.pem;", ours)
    ours = ours.replace("listen 80;", f"listen 127.0.0.1:{ports[0]};")
    ours = ours.replace("listen 443 ", f"listen 127.0.0.1:{ports[1]} ")
    servers = " ".join(f"server {instance} max_fails=0;" for instance in instances)
    ours = ours.replace("server 127.0.0.1:8000 max_fails=0;", servers)
    assert servers in ours
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY)
    written = folder / "nginx.conf"
    written.write_text(
        f"pid {folder}/pid; error_log stderr; daemon off; events {{}} http {{ {temporary} {ours} }}", "utf-8"
    )
    return written


def command(folder: Path, written: Path, *options: str) -> list[str]:
    return [PROGRAM or "nginx", "-e", "stderr", "-p", str(folder), "-c", str(written), *options]


@contextmanager
def running_nginx(folder: Path, instances: Sequence[str]) -> Iterator[Proxy]:
    ports = free_port(), free_port()
    written = configuration(folder, ports, instances)
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command(folder, written), stderr=log) as process,
    ):
        try:
            proxy = Proxy(f"https://127.0.0.1:{ports[1]}", str(folder / "authority.pem"))
            _wait_until_open(proxy, process)
            yield proxy
        finally:
            process.terminate()


def _wait_until_open(proxy: Proxy, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{proxy.address}/healthz", verify=proxy.authority, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.02)
    raise AssertionError("nginx does not start")
