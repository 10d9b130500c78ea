"""Asks for known vulnerabilities of what a requirements file pins: `_audit.py FILE [--osv-url URL]`.

Fails on a finding that has a fix. A finding without one is told; where the advisories cannot be reached, that
is told, and the rest of the checks goes on.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

import requests

OSV = "https://api.osv.dev/v1/query"


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("requirements")
    arguments.add_argument("--osv-url", default=OSV)
    options = arguments.parse_args()
    if problem := _unreachable(options.osv_url):
        print(f"The advisories cannot be reached, so nothing is known of vulnerabilities: {problem}")
        return 0
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner=off"]
    command += ["--vulnerability-service=osv", f"--osv-url={options.osv_url}", "--format=json"]
    done = subprocess.run([*command, "-r", options.requirements], capture_output=True, text=True, check=False)
    try:
        found = _findings(json.loads(done.stdout))
    except ValueError:
        print(done.stderr, file=sys.stderr)
        return 1
    for line, _ in found:
        print(line)
    print(f"{len(found)} known vulnerabilities.")
    return int(any(fixable for _, fixable in found))


def _unreachable(url: str) -> str:
    """Why no answer comes from there; "" when one does."""
    query = {"package": {"name": "django", "ecosystem": "PyPI"}, "version": "0.1"}
    try:
        requests.post(url, json=query, timeout=10).raise_for_status()
    except requests.RequestException as error:
        return type(error).__name__
    return ""


def _findings(report: dict[str, Any]) -> list[tuple[str, bool]]:
    """A line for each vulnerability, and whether a release mends it."""
    return [
        (
            f"{package['name']} {package['version']}: {flaw['id']}, "
            + (f"mended in {', '.join(flaw['fix_versions'])}" if flaw["fix_versions"] else "no fix yet"),
            bool(flaw["fix_versions"]),
        )
        for package in report["dependencies"]
        for flaw in package.get("vulns", [])
    ]


if __name__ == "__main__":
    sys.exit(main())
