"""`docs/run/backup.md` is followed: its blocks run as they are, and what comes back works."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playground.history.opening import KEY_PATH
from playground.keys import sealing
from tests.docs.pages import FOLLOWED, docs, section
from tests.people.place import PASSWORD, Person, Place, serving_people
from tests.postgresql import running_postgresql
from tests.site import ROOT, serving

_SECRET = "sk-of-the-team-1234567890"


def _follow(place: Place, folder: Path, anchor: str, **environment: str) -> str:
    """Run the blocks of a section, in the project's folder. Returns what they print."""
    printed = ""
    for code in re.findall(
        r"^```sh\n(.*?)^```", section(docs().pages[FOLLOWED], anchor), re.DOTALL | re.MULTILINE
    ):
        done = subprocess.run(
            ["bash", "-e", "-c", code],
            cwd=folder,
            env={**place.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        printed += done.stdout
    assert printed or anchor in ("sqlite", "postgresql")
    return printed


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield the settings of a database, and of an empty one to restore it into."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    if kind == "sqlite":
        old, new = ({"PLAYGROUND_DATABASE": str(folder / f"{name}.sqlite3"), "PATH": path} for name in "ab")
        yield old, new
        return
    with running_postgresql() as server:
        path = f"{server.programs}:{path}"
        for name in "ab":
            subprocess.run([server.programs / "createdb", "--maintenance-db", server.url(), name], check=True)
        old, new = ({"DATABASE_URL": server.url(name), "PATH": path} for name in "ab")
        yield old, new


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_backed_up_is_restored_into_an_empty_place(kind: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "manage.py").symlink_to(ROOT / "manage.py")
    data_key = {"PLAYGROUND_DATA_KEYS": sealing.new_key()}
    with _databases(kind, tmp_path) as (old, new), serving_people(tmp_path, **data_key, **old) as place:
        owner = place.person("owner", "One", "owner")
        keys = f"{owner.get('/teams/').url.removeprefix(owner.address)}keys/"
        fields = {"provider": "test", "name": "Ours", "audience": "team", "api_key": _SECRET}
        owner.post(f"{keys}change/", change="add", **fields)
        run = owner.send().json()["id"]
        signs = owner.get(KEY_PATH).text

        _follow(place, project, kind)
        owner.send()  # after that moment
        told = _follow(place, project, f"restore-{kind}", **new)

        assert "Ours" in told
        assert "can’t be decrypted" not in told
        with serving(tmp_path, place.upstream.host_port, **{**place.environment, **new}) as site:
            again = Person(site.address.rstrip("/"), owner.email)
            again.post("/accounts/login/", login=owner.email, password=PASSWORD)
            assert again.runs() == [run]
            assert "Hello!" in again.get(f"/runs/{run}/").text
            assert again.get(KEY_PATH).text == signs
            place.upstream.forget()
            assert again.send().status_code == 200
            assert place.upstream.requests[0].header("authorization") == f"Bearer {_SECRET}"
