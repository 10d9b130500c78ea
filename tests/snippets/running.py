"""Run generated code for real."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import trustme
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import forks

KEY = "sk-from-the-environment"
# What the key's variable is called in the code.
VARIABLE = "TEST_KEY"

# Importing an SDK takes a second, so one process runs all files, each as `__main__`.
_RUN_ALL = """
import contextlib, io, runpy, sys
for path in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(path, run_name="__main__")
"""


def generated(bodies: st.SearchStrategy[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Generate the same requests in every run, so that failures are reproducible."""
    found: list[dict[str, Any]] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies)
    def collect(body: dict[str, Any]) -> None:
        found.append(body)

    collect()
    # Hypothesis may stop early once it has seen every value, but such strategies never run out.
    assert len(found) >= count
    return found


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], VARIABLE: KEY, "HOME": "/nonexistent", "PYTHONUTF8": "1"}


def run_python(codes: list[str], folder: Path) -> None:
    """Run each code; fail with what the first one that breaks says."""
    # Each of the clients would parse the public authorities for 20 ms, although these calls use no TLS.
    authority = folder / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    done = subprocess.run(
        [sys.executable, "-c", _RUN_ALL, *_files(codes, folder, "py")],
        env={**environment(), "SSL_CERT_FILE": str(authority)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def run_curl(codes: list[str], folder: Path) -> None:
    one_shell = ["bash", "-e", "-c", 'for file; do . "$file"; done', "bash", *_files(codes, folder, "sh")]
    subprocess.run(one_shell, env=environment(), check=True, capture_output=True, timeout=300)


def printed(code: str, folder: Path) -> str:
    """Run Python code; return what it prints."""
    (file,) = _files([code], folder, "py")
    done = subprocess.run(
        [sys.executable, file], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def run_again(file: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a Python file of a kind that another test runs from its start: here the SDK is imported already."""
    env = environment() | variables
    return forks.run([str(file)], cwd=file.parent, env=env, imports=forks.SDKS)


def canonical(value: Any) -> str:
    """Write a JSON value so that equal texts mean equal values: `==` takes 1, 1.0 and true for the same."""
    return json.dumps(value, sort_keys=True)


def _files(codes: list[str], folder: Path, ending: str) -> list[str]:
    files = [folder / f"{number}.{ending}" for number in range(len(codes))]
    for file, code in zip(files, codes, strict=True):
        file.write_text(code, encoding="utf-8")
    return [str(file) for file in files]
