"""Why an embed refuses a request, each refusal with advice on what to do next."""

from playground.calls.budget import SpentError
from playground.exchange.durations import duration
from playground.exchange.refusal import RETRY_SECONDS, Refusal, RefusedError
from playground.text.sentence import Sentence, gettext_noop, say


class EmbedRefusedError(RefusedError):
    """An embed refuses a request.

    `reason` says in a few words why a recorded answer is shown instead; None if none is.
    """

    def __init__(self, refusal: Refusal, reason: Sentence | None = None) -> None:
        super().__init__(refusal)
        self.reason = reason


# By (whether the reader's own budget is spent, whether no calls are left).
_SPENT_ADVICE = {
    (True, True): gettext_noop(
        "Nothing was sent. You have used all your calls for today. Try again in %(wait)s."
    ),
    (False, True): gettext_noop(
        "Nothing was sent. This example has used all its calls for today. Try again in %(wait)s."
    ),
    (True, False): gettext_noop(
        "Nothing was sent. What is left of your day's budget is less than this call may take. Ask "
        "for fewer tokens, or come again in %(wait)s."
    ),
    (False, False): gettext_noop(
        "Nothing was sent. What is left of this example's budget for the day is less than this call "
        "may take. Ask for fewer tokens, or come again in %(wait)s."
    ),
}


def budget_spent(spent: SpentError) -> EmbedRefusedError:
    reason = say(OWN_BUDGET_SPENT if spent.own else BUDGET_SPENT)
    advice = say(_SPENT_ADVICE[spent.own, spent.calls], wait=duration(spent.seconds))
    return EmbedRefusedError(
        Refusal(429, "budget_spent", reason, advice, retry_seconds=spent.seconds), reason
    )


# Why a recorded answer is shown.
OWN_BUDGET_SPENT = gettext_noop("Your budget for today is spent")
BUDGET_SPENT = gettext_noop("This example's budget for today is spent")
REPLAY_ONLY = gettext_noop("This example makes no calls")
TURNED_OFF = gettext_noop("This example is turned off")
PROVIDER_DOWN = gettext_noop("The provider takes no calls now")


def unknown(name: str) -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            404,
            "embed_unknown",
            say(gettext_noop("There is no such example")),
            say(
                gettext_noop(
                    "No embed is called “%(name)s” here. Who wrote the page finds the names in the "
                    "playground's admin."
                ),
                name=name[:80],
            ),
        )
    )


def turned_off(name: str) -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            403,
            "embed_off",
            say(TURNED_OFF),
            say(
                gettext_noop("Nothing was sent. Who runs the playground can turn “%(name)s” on again."),
                name=name[:80],
            ),
        ),
        say(TURNED_OFF),
    )


def not_here(name: str, origin: str) -> EmbedRefusedError:
    """The framing page is not allowed. Without an embed's name, no page of another site is."""
    advice = (
        gettext_noop(
            "The embed “%(name)s” is not allowed on pages of %(origin)s. Ask the administrator to add this "
            "origin to it."
        )
        if name
        else gettext_noop(
            "Pages of %(origin)s can only show named embeds. Ask the author of the page to add a name: "
            "embed=“…”."
        )
    )
    title = say(gettext_noop("This example cannot be shown on this site"))
    return EmbedRefusedError(
        Refusal(403, "not_here", title, say(advice, name=name[:80], origin=origin[:200]))
    )


def broken(name: str) -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            503,
            "embed_broken",
            say(gettext_noop("This example is broken")),
            say(
                gettext_noop(
                    "Nothing was sent. The request of the embed “%(name)s” cannot be read; who runs the "
                    "playground mends it in the admin."
                ),
                name=name[:80],
            ),
        )
    )


def no_database() -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            503,
            "embeds_unavailable",
            say(gettext_noop("The examples cannot be read now")),
            say(
                gettext_noop(
                    "Nothing was sent. Try again in a moment. Who runs the playground runs “manage.py "
                    "migrate” once, and finds the reason in its log."
                )
            ),
            retry_seconds=RETRY_SECONDS,
        )
    )


def nothing_recorded() -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            503,
            "nothing_recorded",
            say(gettext_noop("No answer is recorded yet")),
            say(
                gettext_noop(
                    "This example makes no calls, and shows a recorded answer; who wrote the page has yet to "
                    "record one."
                )
            ),
        ),
        say(REPLAY_ONLY),
    )


def bad_token(kind: str, title: Sentence, advice: Sentence) -> EmbedRefusedError:
    return EmbedRefusedError(Refusal(403, kind, title, advice))


def tokens_not_counted() -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            503,
            "not_counted",
            say(gettext_noop("The frame's token cannot be checked now")),
            say(
                gettext_noop(
                    "Nothing was sent. Try again later. Who runs the playground finds the place of what "
                    "counts in CACHE_URL."
                )
            ),
            retry_seconds=RETRY_SECONDS,
        )
    )
