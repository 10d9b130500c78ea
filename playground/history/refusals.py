"""The errors that pages of runs show."""

from dataclasses import replace

from django.db import Error

from playground.exchange.archive import ArchiveError
from playground.exchange.refusal import RETRY_SECONDS, InvalidRequestError, Refusal
from playground.text.sentence import Sentence, gettext_noop, say
from playground.trouble import is_full, why


def off() -> Refusal:
    return Refusal(
        404,
        "runs_off",
        say(gettext_noop("Runs aren’t saved here")),
        say(
            gettext_noop(
                "To keep a call, click “Save proof” below its answer. "
                "(Administrators can set PLAYGROUND_RUNS=1.)"
            )
        ),
    )


def unclear(error: InvalidRequestError) -> Refusal:
    """Say what is wrong with a search or a click on a button: there is no request for a provider."""
    return replace(
        error.refusal,
        title=say(gettext_noop("Nothing was changed")),
        advice=say(gettext_noop("Correct what is listed here, then try again.")),
    )


def gone() -> Refusal:
    return Refusal(
        404,
        "no_run",
        say(gettext_noop("Run not found")),
        say(gettext_noop("Check the address. Someone may have deleted the run, or it was too old to keep.")),
    )


def unreadable(error: ArchiveError) -> Refusal:
    return Refusal(
        422,
        "unreadable_run",
        say(gettext_noop("Run can’t be read")),
        say(
            gettext_noop(
                "Tell your administrator. A newer version of the playground may have saved the run, "
                "or the database is damaged: %(why)s."
            ),
            why=str(error),
        ),
    )


def no_database(error: Error) -> Refusal:
    if is_full(error):
        return _full()
    return Refusal(
        503,
        "no_database",
        say(gettext_noop("Runs can’t be loaded")),
        say(
            gettext_noop(
                "Try again later: %(why)s. (Administrators can check PLAYGROUND_DATABASE or DATABASE_URL.)"
            ),
            why=why(error),
        ),
    )


def _full() -> Refusal:
    return Refusal(
        503,
        "disk_full",
        say(gettext_noop("The database’s disk is full")),
        say(
            gettext_noop(
                "Ask your administrator to free space on that disk, then try again. "
                "Deleting runs needs space, too: about 16 MiB. "
                "Calls still work, but aren’t saved."
            )
        ),
    )


NO_LINK = Refusal(
    404,
    "no_link",
    say(gettext_noop("This link doesn’t work")),
    say(gettext_noop("It has expired, was revoked, or isn’t complete. Ask whoever sent it for a new one.")),
)


NO_PUBLIC_LINKS = Refusal(
    403,
    "no_public_links",
    say(gettext_noop("Public links are turned off")),
    say(
        gettext_noop(
            "Save a proof file instead, and send it. (Administrators can set PLAYGROUND_PUBLIC_LINKS=1.)"
        )
    ),
)


NO_COMMENT = Refusal(
    404,
    "no_comment",
    say(gettext_noop("Comment not found")),
    say(gettext_noop("It was deleted, or somebody else wrote it. Reload the page.")),
)


def no_room_for_links() -> Refusal:
    return Refusal(
        507,
        "no_room",
        say(gettext_noop("No space for another public link")),
        say(
            gettext_noop(
                "Revoke links that nobody needs any more. (Administrators can raise PLAYGROUND_RUNS_MIB.)"
            )
        ),
    )


def link_busy(sentence: Sentence) -> Refusal:
    return Refusal(
        503,
        "link_busy",
        say(gettext_noop("The call can’t be shown now")),
        sentence,
        retry_seconds=RETRY_SECONDS,
    )
