"""A disk that is full, a real one of 64 MiB: runs can still be listed, and deleted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site import ROOT

# In a mount namespace of its own, which needs no rights and ends with the program.
MOUNT = ["unshare", "-rm", "sh", "-ec", 'mount -t tmpfs -o size=64m none "$0"; exec "$@"']
PROGRAM = """
import os, shutil, sys
from datetime import UTC, datetime
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.test import Client
from playground.runs import reserve, writing
from playground.runs.models import Run

def run(number):
    record = os.urandom(256 * 1024)
    now, key = datetime.now(UTC), f"{number:032x}"
    return Run(key=key, started=now, total_ms=1.0, words="word", record=record, size=len(record))

def fill_disk():
    with (disk / "other").open("wb", buffering=0) as other:
        try:
            while other.write(bytes(4096)):
                pass
        except OSError:
            pass
    assert not shutil.disk_usage(disk).free

disk = Path(sys.argv[1])
call_command("migrate", verbosity=0)
writing._store([run(number) for number in range(80)])  # more than fits into the reserve
connection.close()  # the journal goes
reserve.hold()
fill_disk()
client = Client()
listed = client.post("/runs/", {}, headers={"Accept": "application/json"}).json()["runs"]
client.post("/runs/selected/", {"change": "delete-all", "confirmed": "on"})
print(len(listed), Run.objects.count())
"""


def test_runs_are_deleted_from_a_full_disk(tmp_path: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "playground.settings",
        "PLAYGROUND_SECRET_KEY": "only-for-tests-" * 5,
        "PLAYGROUND_ALLOWED_HOSTS": "testserver",
        "PLAYGROUND_HTTPS": "0",
        "PLAYGROUND_RUNS": "1",
        "PLAYGROUND_DATABASE": str(tmp_path / "runs.sqlite3"),
    }
    command = [*MOUNT, str(tmp_path), sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if "unshare:" in done.stderr:
        pytest.skip("no mount namespaces here")

    assert (done.returncode, done.stdout) == (0, "50 0\n"), done.stderr
