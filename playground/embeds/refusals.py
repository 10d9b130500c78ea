"""Why an embed refuses a request, each refusal with advice on what to do next."""

from playground.calls.budget import SpentError
from playground.exchange.refusal import RETRY_SECONDS, Refusal, RefusedError
from playground.text.durations import duration
from playground.text.sentence import Sentence, gettext_noop, say


class EmbedRefusedError(RefusedError):
    """An embed refuses a request.

    `reason` says in a few words why a saved answer is shown instead; None if none is.
    """

    def __init__(self, refusal: Refusal, reason: Sentence | None = None) -> None:
        super().__init__(refusal)
        self.reason = reason


_NO_CALLS_LEFT = gettext_noop("Not sent. Try again in %(wait)s.")
_TOO_FEW_TOKENS_LEFT = gettext_noop(
    "Not sent. This call may need more tokens than are left today. Lower %(field)s, or try again in %(wait)s."
)


def budget_spent(spent: SpentError, field: str) -> EmbedRefusedError:
    """`field` is the parameter that limits the tokens of this request."""
    reason = say(OWN_BUDGET_SPENT if spent.own else BUDGET_SPENT)
    what_to_do = _NO_CALLS_LEFT if spent.calls else _TOO_FEW_TOKENS_LEFT
    advice = say(what_to_do, wait=duration(spent.seconds), field=field)
    return EmbedRefusedError(
        Refusal(429, "budget_spent", reason, advice, retry_seconds=spent.seconds), reason
    )


def teams_budget_spent(seconds: int) -> EmbedRefusedError:
    reason = say(BUDGET_SPENT)
    advice = say(_NO_CALLS_LEFT, wait=duration(seconds))
    return EmbedRefusedError(Refusal(429, "budget_spent", reason, advice, retry_seconds=seconds), reason)


def not_within_budget() -> EmbedRefusedError:
    """The team has a budget that needs a known price, or a limit on the tokens of the call."""
    advice = say(
        gettext_noop(
            "Not sent. Ask whose embed this is to set a limit for output tokens and a model with a known "
            "price: their team has a budget that needs them."
        )
    )
    return EmbedRefusedError(
        Refusal(503, "not_within_budget", say(BUDGET_UNKNOWN), advice), say(BUDGET_UNKNOWN)
    )


def no_key(name: str) -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            503,
            "embed_no_key",
            say(NO_KEY),
            say(
                gettext_noop("Try again later. (Admins of the team can choose another key for “%(name)s”.)"),
                name=name[:80],
            ),
        ),
        say(NO_KEY),
    )


# Why a saved answer is shown.
OWN_BUDGET_SPENT = gettext_noop("Your daily budget is used up")
BUDGET_SPENT = gettext_noop("This embed’s budget is used up")
BUDGET_UNKNOWN = gettext_noop("This embed’s budget can’t be checked")
NO_KEY = gettext_noop("This embed has no key now")
REPLAY_ONLY = gettext_noop("This embed only shows saved answers")
TURNED_OFF = gettext_noop("This embed is turned off")
PROVIDER_DOWN = gettext_noop("The provider is unavailable")


def unknown(name: str) -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            404,
            "embed_unknown",
            say(gettext_noop("Embed not found")),
            say(
                gettext_noop(
                    "Check the name “%(name)s” in the page’s tag. "
                    "(Administrators can see all embeds in /admin/.)"
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
                gettext_noop("Try again later. (Administrators can turn on “%(name)s” in /admin/.)"),
                name=name[:80],
            ),
        ),
        say(TURNED_OFF),
    )


def not_here(name: str, origin: str) -> EmbedRefusedError:
    """The framing page is not allowed. Without an embed's name, no page of another site is."""
    advice = (
        gettext_noop("Ask your administrator to add the origin %(origin)s to the embed “%(name)s”.")
        if name
        else gettext_noop(
            "Pages of %(origin)s need an embed. Add its name to the tag, in the attribute “embed”."
        )
    )
    title = say(gettext_noop("Not allowed on this site"))
    return EmbedRefusedError(
        Refusal(403, "not_here", title, say(advice, name=name[:80], origin=origin[:200]))
    )


def broken(name: str) -> EmbedRefusedError:
    return EmbedRefusedError(
        Refusal(
            503,
            "embed_broken",
            say(gettext_noop("Embed settings are invalid")),
            say(
                gettext_noop(
                    "Try again later. (Administrators can correct the request of “%(name)s” in /admin/.)"
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
            say(gettext_noop("Embeds are unavailable")),
            say(
                gettext_noop(
                    "Try again in a moment. (Administrators: the log has the reason; after an update, run "
                    "manage.py migrate.)"
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
            say(gettext_noop("No saved answer yet")),
            say(
                gettext_noop(
                    "This embed only shows saved answers and has none for this request. Try again later. "
                    "(Administrators can save one with manage.py embed --record.)"
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
            say(gettext_noop("Requests can’t be checked now")),
            say(
                gettext_noop("Not sent. Try again later. (Administrators can check the server in CACHE_URL.)")
            ),
            retry_seconds=RETRY_SECONDS,
        )
    )
