"""A playground with accounts on a real server, and people in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import requests

from tests import forks
from tests.site import ROOT, Site, migrate, serving, variables_of
from tests.upstreams.scripted import ScriptedUpstream, completion

PASSWORD = "correct horse battery"
JSON = {"Accept": "application/json"}


@dataclass
class Place:
    """A running playground with accounts. `environment` is what `manage.py` needs for the same one."""

    site: Site
    environment: dict[str, str]
    upstream: ScriptedUpstream

    def invited(self, team: str, role: str) -> str:
        """Return the path of a new invitation's link."""
        done = forks.run(
            ["manage.py", "people", "invite", "--team", team, "--role", role], cwd=ROOT, env=self.environment
        )
        assert done.returncode == 0, done.stderr
        return "/invitations/" + done.stdout.strip().rpartition("/invitations/")[2]

    def team(self, name: str) -> dict[str, "Person"]:
        """Return one person of each role in a new team."""
        owner = self.person("owner", name, "owner")
        change = owner.get("/teams/").url.removeprefix(owner.address) + "change/"

        def link(role: str) -> str:
            told = owner.post(change, change="invite", role=role)
            found = re.search(r'value="http://[^/"]+(/invitations/[\w-]+/)"', told.text)
            assert found, told.text
            return found[1]

        others = {role: self.person(role, name, role, link(role)) for role in ("admin", "member", "viewer")}
        return {"owner": owner, **others}

    def person(self, name: str, team: str, role: str, link: str = "") -> "Person":
        """Return somebody who has just joined by an invitation, and is signed in."""
        person = Person(self.site.address.rstrip("/"), f"{name}@example.org")
        person.get(link or self.invited(team, role))
        told = person.post("/accounts/signup/", email=person.email, password1=PASSWORD)
        assert told.url == self.site.address, told.text[:2000]
        return person


@dataclass
class Person:
    address: str
    email: str = ""
    session: requests.Session = field(default_factory=requests.Session)
    referer: str = ""

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(self.address + path, headers=headers, timeout=20)

    def post(self, path: str, json: object = None, **fields: str) -> requests.Response:
        if "csrftoken" not in self.session.cookies:
            self.get("/accounts/login/")
        headers = {"X-CSRFToken": self.session.cookies["csrftoken"], "Referer": self.referer or self.address}
        return self.session.post(
            self.address + path,
            fields or None,
            json=json,
            headers=headers | (JSON if json else {}),
            timeout=20,
        )

    def send(self, **fields: str) -> requests.Response:
        request = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
        return self.post("/send/", {"provider": "test", "request": request, **fields})

    def runs(self) -> list[str]:
        return [run["id"] for run in self.get("/runs/", **JSON).json()["runs"]]


@contextmanager
def serving_people(folder: Path, stderr: IO[bytes] | None = None, **further: str) -> Iterator[Place]:
    """Serve a playground with accounts and nobody in it, with `further` variables."""
    settings = {
        "PLAYGROUND_ACCOUNTS": "1",
        "PLAYGROUND_RUNS": "1",
        "PLAYGROUND_CAPS": "0",
        "PLAYGROUND_DATABASE": str(folder / "db.sqlite3"),
        **further,
    }
    with ScriptedUpstream() as upstream:
        upstream.reply(completion())
        migrate(folder, upstream.host_port, **settings)
        with serving(folder, upstream.host_port, stderr=stderr, **settings) as site:
            yield Place(site, variables_of(folder, upstream.host_port, settings), upstream)
