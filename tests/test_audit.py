"""The audit of the pinned requirements, with advisories of the tests' own on loopback."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.upstreams.scripted import Answer, Recorded, ScriptedUpstream, json_answer

ROOT = Path(__file__).parent.parent


def _audit(requirements: Path, url: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "scripts/_audit.py", str(requirements), "--osv-url", url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def _flaw(*events: dict[str, str]) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *events]}]
    affected = {
        "package": {"name": "requests", "ecosystem": "PyPI"},
        "ranges": ranges,
        "versions": ["2.34.2"],
    }
    return {"id": "PYSEC-0000-1", "summary": "A flaw.", "aliases": [], "affected": [affected]}


def _advisories(flaw: dict[str, Any]) -> Any:
    def reply(connection: socket.socket, recorded: Recorded) -> None:
        wanted = json.loads(recorded.body)["package"]["name"] == "requests"
        connection.sendall(json_answer({"vulns": [flaw]} if wanted else {}).encode())

    return reply


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("idna==3.20\nrequests==2.34.2  # sends every call\n")
    return file


def test_a_flaw_that_has_a_fix_fails(requirements: Path) -> None:
    with ScriptedUpstream() as advisories:
        advisories.reply(_advisories(_flaw({"fixed": "2.99"})))
        done = _audit(requirements, f"{advisories.url}/query")

    assert done.returncode == 1
    assert "requests 2.34.2: PYSEC-0000-1, mended in 2.99" in done.stdout


def test_a_flaw_without_a_fix_is_told(requirements: Path) -> None:
    with ScriptedUpstream() as advisories:
        advisories.reply(_advisories(_flaw()))
        done = _audit(requirements, f"{advisories.url}/query")

    assert done.returncode == 0
    assert "PYSEC-0000-1, no fix yet" in done.stdout


def test_all_that_is_pinned_is_asked_for() -> None:
    with ScriptedUpstream() as advisories:
        advisories.reply(json_answer({}))
        done = _audit(ROOT / "requirements.txt", f"{advisories.url}/query")
        asked = {request.json["package"]["name"] for request in advisories.requests}

    assert done.returncode == 0, done.stderr
    assert done.stdout == "0 known vulnerabilities.\n"
    pinned = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    assert asked == {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pinned}  # PEP 503


@pytest.mark.parametrize("answer", [None, Answer(503), Answer(404)])
def test_advisories_that_cannot_be_reached_are_told(requirements: Path, answer: Answer | None) -> None:
    with ScriptedUpstream() as advisories:
        advisories.reply(answer or Answer())
        url = f"{advisories.url}/query" if answer else "http://127.0.0.1:1/query"
        done = _audit(requirements, url)

    assert done.returncode == 0
    assert "cannot be reached" in done.stdout


def test_what_cannot_be_audited_fails(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("idna\n")
    with ScriptedUpstream() as advisories:
        advisories.reply(json_answer({}))
        done = _audit(file, f"{advisories.url}/query")

    assert done.returncode == 1
    assert "idna" in done.stderr
