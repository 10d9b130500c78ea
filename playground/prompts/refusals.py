"""The errors that pages of prompts show."""

from dataclasses import replace

from django.db import Error

from playground.exchange.refusal import InvalidRequestError, Refusal
from playground.text.sentence import gettext_noop, say
from playground.trouble import why

OFF = Refusal(
    404,
    "prompts_off",
    say(gettext_noop("Prompts aren’t saved here")),
    say(
        gettext_noop(
            "To keep a request, click “Copy link” below it. (Administrators can set PLAYGROUND_ACCOUNTS=1 or "
            "PLAYGROUND_RUNS=1.)"
        )
    ),
)
GONE = Refusal(
    404,
    "no_prompt",
    say(gettext_noop("Prompt not found")),
    say(
        gettext_noop(
            "Check the address. Someone may have deleted the prompt, or it belongs to a team that you don’t "
            "use now."
        )
    ),
)
NOT_YOURS = Refusal(
    403,
    "not_allowed",
    say(gettext_noop("Not your prompt")),
    say(gettext_noop("Ask who made the prompt, or an admin of the team, to delete it.")),
)
FULL = Refusal(
    409,
    "too_many_prompts",
    say(gettext_noop("No room for more prompts")),
    say(gettext_noop("Delete prompts that nobody needs any more, then save again.")),
)
MANY_VERSIONS = Refusal(
    409,
    "too_many_versions",
    say(gettext_noop("Too many versions")),
    say(gettext_noop("Save this as a new prompt.")),
)


def unclear(error: InvalidRequestError) -> Refusal:
    """Say what is wrong: nothing was sent, and nothing saved."""
    return replace(
        error.refusal,
        title=say(gettext_noop("Prompt not saved")),
        advice=say(gettext_noop("Correct what is listed here, then save again.")),
    )


def no_database(error: Error) -> Refusal:
    return Refusal(
        503,
        "no_database",
        say(gettext_noop("Prompts can’t be loaded")),
        say(
            gettext_noop(
                "Try again later: %(why)s. (Administrators can check PLAYGROUND_DATABASE or DATABASE_URL.)"
            ),
            why=why(error),
        ),
    )
