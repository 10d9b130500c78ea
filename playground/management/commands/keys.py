"""`manage.py keys …`: make a data key, encrypt everything under a new one, list the keys of all teams."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext, ngettext

from playground.keys import lending, rotation, sealing
from playground.keys.models import Key
from playground.rendering.translate import translate
from playground.trouble import why


class Command(BaseCommand):
    help = "Make a data key, encrypt all keys again, or list them."
    # A data key can be made while the one in the settings is refused.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        ways.add_parser("new", help="print a new key for PLAYGROUND_DATA_KEYS")
        ways.add_parser("rotate", help="encrypt everything again under the first of PLAYGROUND_DATA_KEYS")
        ways.add_parser("list", help="list the keys of each team, without the keys themselves")

    def handle(self, *args: Any, way: str, **options: Any) -> None:
        del args, options
        if way == "new":
            self.stdout.write(sealing.new_key())
            return
        self.check()
        if not settings.CONFIG.accounts:
            raise CommandError(gettext("Accounts are off. Set PLAYGROUND_ACCOUNTS=1."))
        try:
            if way == "rotate":
                self._rotate()
            else:
                self._list()
        except DatabaseError as error:
            trouble = gettext("Keys are unavailable: %(why)s.") % {"why": translate(why(error))}
            raise CommandError(trouble) from error

    def _rotate(self) -> None:
        if not sealing.is_on():
            raise CommandError(gettext("Set PLAYGROUND_DATA_KEYS first: manage.py keys new makes a key."))
        done = rotation.rotate()
        told = ngettext(
            "%(count)s secret was encrypted again.", "%(count)s secrets were encrypted again.", done.count
        )
        self.stdout.write(told % {"count": done.count})
        if done.unreadable:
            told = ngettext(
                "%(count)s secret can’t be decrypted and was left as it was. Keep the old data key.",
                "%(count)s secrets can’t be decrypted and were left as they were. Keep the old data key.",
                done.unreadable,
            )
            raise CommandError(told % {"count": done.unreadable})

    def _list(self) -> None:
        for key in Key.objects.select_related("team", "member__person").order_by("team__name", "team", "pk"):
            owner = key.member.person if key.member else key.get_audience_display()
            told = [key.team.name, key.name, key.provider or key.base_url, key.fingerprint, str(owner)]
            told += [] if _is_readable(key) else [gettext("can’t be decrypted")]
            told += [gettext("off")] if key.off else []
            self.stdout.write("  ".join(told))


def _is_readable(key: Key) -> bool:
    try:
        lending.open_key(key)
    except sealing.UnreadableError:
        return False
    return True
