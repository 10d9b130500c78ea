"""Why a page of runs can't be shown."""

from dataclasses import replace

from django.db import DatabaseError

from playground.exchange.archive import ArchiveError
from playground.exchange.refusal import InvalidRequestError, Refusal
from playground.text.sentence import gettext_noop, say
from playground.trouble import why


def off() -> Refusal:
    return Refusal(
        404,
        "runs_off",
        say(gettext_noop("Runs aren’t saved here")),
        say(gettext_noop("Download the call data in the HTTP tab. (Administrators: set PLAYGROUND_RUNS=1.)")),
    )


def unclear(error: InvalidRequestError) -> Refusal:
    """Say what is wrong with a search or a click on a button: there is no request for a provider."""
    return replace(
        error.refusal,
        title=say(gettext_noop("Nothing done")),
        advice=say(gettext_noop("Correct what is listed here, then try again.")),
    )


def gone() -> Refusal:
    return Refusal(
        404,
        "no_run",
        say(gettext_noop("Run not found")),
        say(
            gettext_noop(
                "Check the address. The run may have been deleted, by somebody or because of its age."
            )
        ),
    )


def unreadable(error: ArchiveError) -> Refusal:
    return Refusal(
        422,
        "unreadable_run",
        say(gettext_noop("Run can’t be read")),
        say(gettext_noop("A newer version of the playground may have saved it (%(why)s)."), why=str(error)),
    )


def no_database(error: DatabaseError) -> Refusal:
    return Refusal(
        503,
        "no_database",
        say(gettext_noop("Runs can’t be loaded")),
        say(gettext_noop("Try again later, or tell your administrator: %(why)s."), why=why(error)),
    )
