"""Invitations by mail, from a real server to a real one."""

import re
from pathlib import Path

from tests.mail.server import receiving
from tests.people.place import Person, serving_people


def test_an_invitation_with_an_address_is_mailed_and_its_link_works(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        receiving() as box,
        log.open("wb") as stderr,
        serving_people(tmp_path, stderr, PLAYGROUND_MAIL_URL=box.url, SSL_CERT_FILE=box.authority) as place,
    ):
        owner = place.person("owner", "Research", "owner")
        change = owner.get("/teams/").url.removeprefix(owner.address) + "change/"

        shown = owner.post(change, change="invite", role="member", email="ann@example.org").text
        assert "was mailed to ann@example.org" in shown
        assert "was mailed" not in owner.post(change, change="invite", role="member").text
        box.says = "554 canary"
        refused = owner.post(change, change="invite", role="member", email="bob@example.org").text

        assert "didn’t take the invitation" in refused
        assert "/invitations/" in refused
        ((addresses, mail),) = box.mails
        assert addresses == ["ann@example.org"]
        assert mail["Subject"] == "Join Research"
        link = re.search(rf"{owner.address}(/invitations/[\w-]+/)\s", mail.get_content())
        assert link
        ann = Person(owner.address, "ann@example.org")
        assert "Join Research" in ann.get(link[1]).text
    told = log.read_text()
    assert "A mail was not sent: SMTPDataError 554" in told
    assert not re.search("canary|bob@|/invitations/", told)
