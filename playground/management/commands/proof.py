"""`manage.py proof`: check a proof file offline, or print this playground's public key."""

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from playground.proof import keys
from playground.proof.file import MOST_BYTES, Proof, ProofError, State, read
from playground.trouble import reason

# What `proof check` exits with.
UNCHANGED, CHANGED, UNREADABLE, UNKNOWN_KEY = 0, 1, 2, 3


class Command(BaseCommand):
    help = "Check a proof file, or print this playground's public key."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        check = commands.add_parser(
            "check",
            help="check a file: exits with 0 if it is unchanged and its key is known, 1 if it was changed, "
            "2 if it can't be read, 3 if it is unchanged and its key is unknown",
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
        self.stdout.write(f"{keys.ALGORITHM} {public.hex()}\nFingerprint {keys.fingerprint(public)}")

    def _check(self, file: Path, expected: str) -> int:
        try:
            with file.open("rb") as opened:
                proof = read(opened.read(MOST_BYTES + 1))
        except OSError as error:
            raise CommandError(f"Can't read {file}: {error.strerror}.", returncode=UNREADABLE) from error
        except ProofError as error:
            raise CommandError(str(error.sentence), returncode=UNREADABLE) from error
        if proof.state is State.CHANGED:
            self.stdout.write("Changed after it was saved. Don't rely on it.")
            return CHANGED
        self.stdout.write(_described(proof))
        if proof.state is State.RESAVED:
            self.stdout.write("Only line endings or spaces at the end differ from the file as it was saved.")
        known = _is_expected(proof.key, expected) if expected else self._is_ours(proof.key)
        whose = "the expected key" if expected else "this playground's key"
        self.stdout.write(f"Unchanged. Signed with {whose if known else 'another key than ' + whose}.")
        return UNCHANGED if known else UNKNOWN_KEY

    def _is_ours(self, key: bytes) -> bool:
        try:
            return keys.is_ours(key)
        except DatabaseError as error:
            self.stderr.write(
                f"This playground's own key can't be read ({reason(error) or error}). Use --key."
            )
            return False


def _described(proof: Proof) -> str:
    exchange = proof.exchange
    lines = [
        f"{exchange.sent.method} {exchange.sent.url}",
        f"Model {exchange.demands.model or '(none)'}, {exchange.started:%Y-%m-%d %H:%M:%S} UTC",
        f"Says it was recorded at {proof.playground}",
        f"Key {proof.key.hex()}\nFingerprint {keys.fingerprint(proof.key)}",
    ]
    if proof.blacked_out:
        lines.append(f"Blacked out: {', '.join(proof.blacked_out)}")
    return "\n".join("".join(c for c in line if c.isprintable() or c == "\n") for line in lines)


def _is_expected(key: bytes, expected: str) -> bool:
    digits = re.sub(r"\s", "", expected).lower()
    return digits in (key.hex(), keys.fingerprint(key).replace(" ", ""))
