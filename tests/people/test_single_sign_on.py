"""Signing in with an OpenID provider: a real one for tests, beside a real playground."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.browser.host import free_port
from tests.people.place import PASSWORD, Person, Place, serving_people
from tests.served.conftest import eventually

CLIENT = {"PLAYGROUND_OIDC_CLIENT_ID": "playground", "PLAYGROUND_OIDC_CLIENT_SECRET": "secret"}


VERIFIED = {
    "ann": True,
    "cat": True,
    "bob": True,
    "bo\u212a": True,
    "new": "true",
    "eve": False,
    "zoe": "false",
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider with people whose address it has verified or not. It asks for no password."""
    people = [
        {"sub": name, "email": f"{name}@example.org", "email_verified": verified}
        for name, verified in VERIFIED.items()
    ]
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for person in people:
        command += ["--user-claims", json.dumps(person)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        address = f"http://localhost:{port}"
        try:
            assert eventually(lambda: _is_there(address), 30)
            yield address
        finally:
            process.terminate()


def _is_there(address: str) -> bool:
    try:
        return requests.get(f"{address}/.well-known/openid-configuration", timeout=5).ok
    except requests.ConnectionError:
        return False


@contextmanager
def _serving(folder: Path, provider: str, **further: str) -> Iterator[Place]:
    with serving_people(
        folder, PLAYGROUND_OIDC_URL=provider, PLAYGROUND_OIDC_NAME="Corp", **CLIENT, **further
    ) as place:
        yield place


@pytest.fixture(scope="module")
def place(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with _serving(tmp_path_factory.mktemp("sso"), provider) as place:
        yield place


def _stranger(place: Place, name: str) -> Person:
    return Person(place.site.address.rstrip("/"), f"{name}@example.org")


def _sign_in(person: Person, path: str = "/accounts/oidc/sso/login/", name: str = "") -> requests.Response:
    """Sign in as a browser does: by the provider's form, and back."""
    form = person.get(path)
    assert "/oauth2/authorize" in form.url, form.text[:500]
    return person.session.post(form.url, {"sub": name or person.email.partition("@")[0]}, timeout=20)


def test_the_page_offers_it_and_it_is_bound_to_the_session(place: Place) -> None:
    stranger = _stranger(place, "ann")
    page = stranger.get("/runs/")
    assert "Sign in with Corp" in page.text
    assert "/accounts/oidc/sso/login/?next=%2Fruns%2F" in page.text

    asked = parse_qs(urlsplit(stranger.get("/accounts/oidc/sso/login/").url).query)

    assert asked["client_id"] == ["playground"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) > 15


def test_nobody_gets_an_account_without_an_invitation(place: Place) -> None:
    cat = _stranger(place, "cat")

    told = _sign_in(cat)

    assert told.status_code == 403
    assert "You have no account here" in told.text
    assert "/accounts/login/" in cat.get("/").url


def test_an_invitation_and_an_address_make_an_account(place: Place) -> None:
    ann = _stranger(place, "ann")
    assert "Sign in with Corp" in ann.get(place.invited("Research", "admin")).text

    assert _sign_in(ann).url == place.site.address

    again = _stranger(place, "ann")
    assert _sign_in(again, "/accounts/oidc/sso/login/?next=/teams/").url.startswith(
        f"{place.site.address}teams/"
    )
    team = again.get("/teams/").text
    assert "ann@example.org" in team
    assert "/accounts/password/" not in team
    assert "no password" in again.get("/accounts/password/change/").text
    assert "Admin" in team
    assert "joined" in again.get(f"{urlsplit(again.get('/teams/').url).path}audit/").text


@pytest.mark.parametrize("name", ["eve", "zoe", "bo\u212a"])  # the last is no “bok”
def test_an_address_that_is_not_verified_names_nobody(place: Place, name: str) -> None:
    person = _stranger(place, name)
    person.get(place.invited("Research", "member"))

    told = _sign_in(person)

    assert told.status_code == 403
    assert "isn’t verified" in told.text


def test_an_invitation_for_an_address_is_for_nobody_else(place: Place) -> None:
    owner = place.person("owner", "Research", "owner")
    page = owner.get("/teams/").url.removeprefix(place.site.address.rstrip("/"))
    made = owner.post(f"{page}change/", change="invite", role="member", email="other@example.org").text
    link = made.partition("/invitations/")[2].partition('"')[0]
    bob = _stranger(place, "new")
    bob.get(f"/invitations/{link}")

    assert _sign_in(bob).status_code == 403


def test_an_account_with_the_same_address_is_taken_over_and_its_old_ways_in_are_closed(place: Place) -> None:
    before = place.person("bob", "Research", "admin")
    page = before.get("/teams/").url.removeprefix(before.address)
    told = before.post(f"{page}change/", change="invite", role="member").text
    link = "/invitations/" + told.partition("/invitations/")[2].partition('"')[0]
    adding = _stranger(place, "bob")
    assert adding.post("/accounts/login/", login=before.email, password=PASSWORD).url == place.site.address
    # No identity is added to an account: this signs in whom it names, who has none here.
    assert _sign_in(adding, "/accounts/oidc/sso/login/?process=connect", "new").status_code == 403

    bob = _stranger(place, "bob")
    assert _sign_in(bob).url == place.site.address

    assert "Research" in bob.get("/teams/").text
    assert _stranger(place, "new").get(link).status_code == 404
    assert _sign_in(_stranger(place, "new")).status_code == 403
    assert "/accounts/login/" in before.get("/").url
    old = _stranger(place, "bob")
    told = old.post("/accounts/login/", login=bob.email, password=PASSWORD)
    assert "/accounts/login/" in told.url


def test_a_provider_that_says_no_or_forges_an_answer_signs_nobody_in(place: Place) -> None:
    stranger = _stranger(place, "ann")
    form = stranger.get("/accounts/oidc/sso/login/")
    told = stranger.session.post(form.url, {"action": "deny"}, timeout=20)
    assert "You are not signed in" in told.text
    assert stranger.get("/accounts/oidc/sso/login/callback/?code=x&state=y").status_code >= 400
    assert "/accounts/login/" in stranger.get("/").url


def test_a_provider_that_is_not_there_is_no_error_of_ours(tmp_path: Path) -> None:
    with _serving(tmp_path, f"http://localhost:{free_port()}") as place:
        stranger = _stranger(place, "ann")
        told = stranger.get("/accounts/oidc/sso/login/")

        assert told.status_code == 502
        assert "You are not signed in" in told.text
        assert stranger.get("/accounts/oidc/another/login/").status_code in (404, 502)


def test_with_a_team_for_all_everybody_joins_it_but_who_was_turned_off(provider: str, tmp_path: Path) -> None:
    with _serving(tmp_path, provider, PLAYGROUND_SSO_TEAM="Everybody") as place:
        ann = _stranger(place, "ann")
        assert _sign_in(ann).url == place.site.address
        assert "Everybody" in ann.get("/teams/").text
        assert ann.send().status_code == 200
        _turn_off(place, ann)

        assert _sign_in(_stranger(place, "ann")).url.endswith("/accounts/inactive/")
        # Neither does somebody who was turned off before they ever came this way.
        bob = place.person("bob", "Everybody", "member")
        _turn_off(place, bob)
        assert _sign_in(_stranger(place, "bob")).status_code == 403


def _turn_off(place: Place, person: Person) -> None:
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database, database:
        changed = database.execute("UPDATE people_user SET is_active = 0 WHERE email = ?", [person.email])
        assert changed.rowcount == 1
