"""`manage.py runs …`: show how much space runs take, or delete them."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext, ngettext

from playground import amounts
from playground.rendering.translate import translate
from playground.runs import keep, reserve, tidy
from playground.runs.models import Run
from playground.trouble import why


class Command(BaseCommand):
    help = "Show how much saved runs take, or delete them."
    requires_system_checks: list[str] = []  # no secret key is needed, which scripts/play makes for itself

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        ways.add_parser("size", help="show the number and the size of all runs")
        ways.add_parser("tidy", help="delete runs that are too old or too many (PLAYGROUND_RUNS_DAYS, _MIB)")
        delete = ways.add_parser("delete", help="delete runs")
        delete.add_argument("runs", nargs="*", metavar="RUN", help="ID or permalink of a run")
        delete.add_argument("--all", action="store_true", help="delete all runs, starred ones too")

    def handle(self, *args: Any, way: str, **options: Any) -> None:
        del args
        try:
            reserve.with_room(lambda: self._do(way, **options))
        except DatabaseError as error:
            trouble = gettext("Runs are unavailable: %(why)s.") % {"why": translate(why(error))}
            raise CommandError(trouble) from error

    def _do(self, way: str, **options: Any) -> None:
        match way:
            case "size":
                self._show()
            case "tidy":
                before = Run.objects.count()
                tidy.tidy()
                self._told(before - Run.objects.count())
                self._show()
            case "delete":
                self._told(self._delete(options["runs"], everything=options["all"]))

    def _delete(self, runs: list[str], *, everything: bool) -> int:
        if bool(runs) == everything:
            raise CommandError(gettext("Name the runs to delete, or use --all."))
        keys = [run.rstrip("/").rpartition("/")[2] for run in runs]
        known = set(Run.objects.named(keys).values_list("key", flat=True))
        if missing := [key for key in keys if key not in known]:
            raise CommandError(
                gettext("No such run: %(names)s. Nothing was deleted.") % {"names": ", ".join(missing)}
            )
        return keep.forget(None if everything else keys)

    def _told(self, count: int) -> None:
        told = ngettext("Deleted %(count)s run.", "Deleted %(count)s runs.", count)
        self.stdout.write(told % {"count": amounts.count(count)})

    def _show(self) -> None:
        count, starred = Run.objects.count(), Run.objects.filter(starred=True).count()
        told = ngettext(
            "%(count)s run (%(starred)s starred), %(used)s of %(most)s MiB used.",
            "%(count)s runs (%(starred)s starred), %(used)s of %(most)s MiB used.",
            count,
        )
        self.stdout.write(
            told
            % {
                "count": amounts.count(count),
                "starred": amounts.count(starred),
                "used": amounts.size(tidy.used()),
                "most": amounts.count(settings.CONFIG.runs_mib),
            }
        )
