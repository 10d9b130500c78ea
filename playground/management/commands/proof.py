"""`manage.py proof`: check a proof file offline, or print this playground's public key."""

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext

from playground.proof import keys
from playground.proof.file import Proof, ProofError, State, read
from playground.rendering.translate import translate
from playground.trouble import why

# What `proof check` exits with.
UNCHANGED, CHANGED, UNREADABLE, UNKNOWN_KEY = 0, 1, 2, 3


class Command(BaseCommand):
    help = "Check a proof file, or print this playground's public key."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        check = commands.add_parser(
            "check",
            help="check a file: exits with 0 if it is unchanged and its key is known, 1 if it was changed "
            "or contradicts itself, 2 if it can't be read, 3 if it is unchanged and its key is unknown",
        )
        check.add_argument("file", type=Path)
        check.add_argument(
            "--key", default="", help="public key or fingerprint to expect, instead of this playground's own"
        )
        commands.add_parser("key", help="print the public key and its fingerprint")

    def handle(self, *, command: str, **options: Any) -> None:
        if command == "check":
            sys.exit(self._check(options["file"], options["key"]))
        public = keys.public_key()
        self.stdout.write(f"{keys.ALGORITHM} {public.hex()}\n{_fingerprint(public)}")

    def _check(self, file: Path, expected: str) -> int:
        try:
            with file.open("rb") as opened:
                proof = read(opened)
        except OSError as error:
            trouble = gettext("Can’t read %(file)s: %(why)s.") % {"file": file, "why": error.strerror}
            raise CommandError(trouble, returncode=UNREADABLE) from error
        except ProofError as error:
            raise CommandError(_printable(translate(error.sentence)), returncode=UNREADABLE) from error
        if proof.state is State.CHANGED:
            self.stdout.write(gettext("This file was changed after it was saved."))
            self.stdout.write(gettext("Don’t rely on anything it shows."))
            return CHANGED
        self.stdout.write(_described(proof))
        if not proof.shows_what_was_sent:
            self.stdout.write(gettext("The request in the file isn’t the one in its bytes."))
            return CHANGED
        if proof.state is State.RESAVED:
            self.stdout.write(
                gettext("Only line endings or trailing spaces differ; the call is as it was saved.")
            )
        if expected and _is_expected(proof.key, expected):
            self.stdout.write(gettext("Unchanged, and signed with the expected key."))
        elif not expected and self._is_ours(proof.key):
            self.stdout.write(gettext("Recorded by this playground, and unchanged since."))
        else:
            self.stdout.write(gettext("Unchanged, but signed with another key."))
            return UNKNOWN_KEY
        return UNCHANGED

    def _is_ours(self, key: bytes) -> bool:
        try:
            return keys.is_ours(key)
        except DatabaseError as error:
            self.stderr.write(
                gettext("This playground’s own key can’t be read: %(why)s. Use --key.")
                % {"why": translate(why(error))}
            )
            return False


def _described(proof: Proof) -> str:
    exchange = proof.exchange
    lines = [
        f"{exchange.sent.method} {exchange.sent.url}",
        f"{exchange.started:%Y-%m-%d %H:%M:%S} UTC · {exchange.demands.model or '–'}",
        gettext("Claims to come from %(address)s") % {"address": proof.playground},
        f"{keys.ALGORITHM} {proof.key.hex()}\n{_fingerprint(proof.key)}",
    ]
    if proof.blacked_out:
        lines.append(gettext("Blacked out: %(parts)s") % {"parts": ", ".join(proof.blacked_out)})
    return "\n".join(map(_printable, lines))


def _printable(text: str) -> str:
    """Leave out what a terminal would obey."""
    return "".join(c for c in text if c.isprintable() or c == "\n")


def _fingerprint(public: bytes) -> str:
    return gettext("Fingerprint: %(fingerprint)s") % {"fingerprint": keys.fingerprint(public)}


def _is_expected(key: bytes, expected: str) -> bool:
    digits = re.sub(r"\s", "", expected).lower()
    return digits in (key.hex(), keys.fingerprint(key).replace(" ", ""))
