"""Run the code of generated calls for real, to compare what arrives with what was asked for."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import trustme
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

KEY = "sk-from-the-environment"
ENVIRONMENT = {"PATH": os.environ["PATH"], "TEST_KEY": KEY, "HOME": "/nonexistent", "PYTHONUTF8": "1"}

# Importing an SDK takes a second, so one process runs all files, each as `__main__`.
_RUN_ALL = """
import contextlib, io, runpy, sys
for path in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(path, run_name="__main__")
"""


def generated(requests: st.SearchStrategy[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Generate the same requests in every run, so that failures are reproducible."""
    bodies: list[dict[str, Any]] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def collect(body: dict[str, Any]) -> None:
        bodies.append(body)

    collect()
    # Hypothesis may stop early once it has seen every value, but these strategies never run out.
    assert len(bodies) >= count
    return bodies


def run_all(codes: Sequence[str], suffix: str, folder: Path) -> None:
    """Run shell commands (`.sh`) or Python files (`.py`), one after the other."""
    files = []
    for number, code in enumerate(codes):
        file = folder / f"{number}{suffix}"
        file.write_text(code, encoding="utf-8")
        files.append(str(file))
    if suffix == ".sh":
        command = ["bash", "-e", "-c", 'for file; do . "$file"; done', "bash"]
    else:
        command = [sys.executable, "-c", _RUN_ALL]
    # Each of the clients would parse the public authorities for 20 ms, although these calls use no TLS.
    authority = folder / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    done = subprocess.run(
        [*command, *files],
        env=ENVIRONMENT | {"SSL_CERT_FILE": str(authority)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def canonical(value: Any) -> str:
    """Return JSON for comparing: `==` would treat 1, 1.0, and true as equal, which are different values."""
    return json.dumps(value, sort_keys=True)
