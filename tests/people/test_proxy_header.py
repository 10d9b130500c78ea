"""Signing in by a proxy's header, on a real server."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from playground.checks import the_header_of_people_is_from_a_proxy
from tests.configuration import configure
from tests.people.place import JSON, PASSWORD, Person, Place, serving_people

HEADER = "X-Forwarded-Email"
BEHIND_A_PROXY = {"PLAYGROUND_USER_HEADER": HEADER, "PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(
        tmp_path_factory.mktemp("proxy"), PLAYGROUND_PRIVATE_RUNS="1", **BEHIND_A_PROXY
    ) as place:
        yield place


def _named(place: Place, address: str) -> Person:
    """Return somebody whom the proxy names in each request."""
    person = Person(place.site.address.rstrip("/"), address)
    person.session.headers[HEADER] = address
    return person


def _count(place: Place, table: str, where: str) -> int:
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database:
        return int(database.execute(f"SELECT COUNT(*) FROM {table} WHERE {where}").fetchone()[0])


def test_somebody_new_joins_by_an_invitation_without_a_password(place: Place) -> None:
    ann = _named(place, "Ann@example.org")
    told = ann.get("/")
    assert told.status_code == 403
    assert "You have no account here" in told.text
    link = place.invited("Research", "admin")

    assert "You are signed in as Ann@example.org." in ann.get(link).text
    assert _count(place, "people_user", "email LIKE 'ann@%'") == 0
    assert ann.post(link).url == place.site.address

    assert ann.send().status_code == 200
    assert "Research" in ann.get("/teams/").text
    again = _named(place, "ann@EXAMPLE.org")
    assert len(again.runs()) == 1
    assert _count(place, "people_user", "email LIKE 'ann@%'") == 1


def test_who_is_named_is_signed_in_and_nobody_else(place: Place) -> None:
    for name in ("ben", "eve"):
        person = _named(place, f"{name}@example.org")
        link = place.invited("Research", "member")
        person.get(link)
        person.post(link)
    ben = _named(place, "ben@example.org")
    assert "ben@example.org" in ben.get("/teams/").text

    ben.session.headers[HEADER] = "eve@example.org"
    assert ben.send().status_code == 200
    # Runs are private here.
    assert [len(_named(place, f"{name}@example.org").runs()) for name in ("ben", "eve")] == [0, 1]

    del ben.session.headers[HEADER]
    assert "/accounts/login/" in ben.get("/").url
    assert _count(place, "teams_event", "kind = 'signed_out' AND actor = 'eve@example.org'") == 1


def test_an_address_that_an_account_no_longer_has_does_not_open_it(tmp_path: Path) -> None:
    with serving_people(tmp_path, PLAYGROUND_SSO_TEAM="Everybody", **BEHIND_A_PROXY) as place:
        assert _named(place, "ada@example.org").send().status_code == 200
        with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database, database:
            database.execute("UPDATE people_user SET email = 'ada.l@example.org'")

        assert _named(place, "ada@example.org").get("/").status_code == 200
        assert _count(place, "people_user", "1") == 2


@pytest.mark.parametrize("named", ["root", "a@example.org, b@example.org", "a@", "@example.org"])
def test_what_is_no_address_names_nobody(place: Place, named: str) -> None:
    told = _named(place, named).get("/runs/", **JSON)

    assert told.status_code == 403
    assert told.json()["error"]["kind"] == "no_address"


def test_an_account_that_somebody_made_with_a_password_is_taken_over(place: Place) -> None:
    cat = place.person("cat", "Research", "member")
    assert cat.get("/").url == place.site.address
    team = cat.get("/teams/").url.removeprefix(cat.address)
    token = re.search(r"apg_[\w-]+", cat.post(f"{team}tokens/", name="x", days="7", reads="on").text)
    assert token

    assert "Research" in _named(place, cat.email).get("/teams/").text

    assert "/accounts/login/" in cat.get("/").url
    old = Person(place.site.address.rstrip("/"))
    assert old.get("/runs/", Authorization=f"Bearer {token[0]}", **JSON).status_code == 401
    assert "/accounts/login/" in old.post("/accounts/login/", login=cat.email, password=PASSWORD).url


def test_with_a_team_for_all_everybody_joins_but_who_was_turned_off(tmp_path: Path) -> None:
    with serving_people(tmp_path, PLAYGROUND_SSO_TEAM="Everybody", **BEHIND_A_PROXY) as place:
        dan = _named(place, "dan@example.org")
        assert dan.send().status_code == 200
        with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database, database:
            database.execute("UPDATE people_user SET is_active = 0")
        assert dan.get("/").status_code == 403


def test_nobody_but_a_trusted_proxy_is_believed(tmp_path: Path) -> None:
    untrusted = {**BEHIND_A_PROXY, "PLAYGROUND_TRUSTED_PROXIES": "192.0.2.1"}
    with serving_people(tmp_path, PLAYGROUND_SSO_TEAM="Everybody", **untrusted) as place:
        headers = {HEADER: "eve@example.org", "X-Forwarded-For": "192.0.2.1"}
        told = requests.get(place.site.address, headers=headers, timeout=20)

        assert "/accounts/login/" in told.url
        assert _count(place, "people_user", "1") == 0


def test_it_needs_a_proxy_to_trust() -> None:
    configure(PLAYGROUND_USER_HEADER=HEADER)
    assert [found.id for found in the_header_of_people_is_from_a_proxy(None)] == ["playground.E005"]
    configure(**BEHIND_A_PROXY)
    assert the_header_of_people_is_from_a_proxy(None) == []
