"""Refusals of the admin; each says what to do next."""

from playground.calls.buckets import Empty
from playground.exchange.refusal import RETRY_SECONDS, Refusal
from playground.text.durations import duration
from playground.text.sentence import Sentence, gettext_noop, say


def admin_without_database(why: Sentence) -> Refusal:
    return _without_database(
        say(gettext_noop("Admin unavailable")),
        say(
            gettext_noop(
                "Try again later: %(why)s. Nothing was changed, and the playground works without the "
                "database. (Administrators can check PLAYGROUND_DATABASE or DATABASE_URL.)"
            ),
            why=why,
        ),
    )


def accounts_without_database(why: Sentence) -> Refusal:
    return _without_database(
        say(gettext_noop("Accounts unavailable")),
        say(
            gettext_noop(
                "Try again later: %(why)s. (Administrators can check PLAYGROUND_DATABASE or DATABASE_URL.)"
            ),
            why=why,
        ),
    )


def _without_database(title: Sentence, hint: Sentence) -> Refusal:
    return Refusal(503, "database_unavailable", title, hint, retry_seconds=RETRY_SECONDS)


LOGINS_NOT_COUNTED = Refusal(
    503,
    "not_counted",
    say(gettext_noop("Login unavailable")),
    say(
        gettext_noop(
            "Try again later: login attempts can’t be counted now. (Administrators can check CACHE_URL.)"
        )
    ),
    retry_seconds=RETRY_SECONDS,
)


def too_many_logins(empty: Empty) -> Refusal:
    seconds = empty.whole_seconds
    return Refusal(
        429,
        "too_many_logins",
        say(gettext_noop("Too many login attempts")),
        say(
            gettext_noop(
                "Try again in %(wait)s. Each address can make at most %(attempts)s attempts in %(period)s."
            ),
            attempts=empty.bucket.rate.count,
            period=duration(empty.bucket.rate.seconds),
            wait=duration(seconds),
        ),
        retry_seconds=seconds,
    )


SIGN_IN = Refusal(
    401,
    "sign_in",
    say(gettext_noop("Sign in first")),
    say(gettext_noop("Your session has ended, or you have not signed in. Sign in, then try again.")),
)


NO_ADDRESS_IN_HEADER = Refusal(
    403,
    "no_address",
    say(gettext_noop("You are not signed in")),
    say(
        gettext_noop(
            "The proxy that signs you in sent no email address. (Administrators can check "
            "PLAYGROUND_USER_HEADER.)"
        )
    ),
)


NO_TEAM = Refusal(
    403,
    "no_team",
    say(gettext_noop("You are not in a team")),
    say(gettext_noop("Ask an admin of your team for an invitation, and open its link.")),
)


NOT_ALLOWED = Refusal(
    403,
    "not_allowed",
    say(gettext_noop("Your role doesn’t allow this")),
    say(gettext_noop("Ask an admin of your team to change your role.")),
)


NO_INVITATION = Refusal(
    404,
    "no_invitation",
    say(gettext_noop("Invitation not valid")),
    say(
        gettext_noop(
            "The link was used, was withdrawn, or has expired. Ask whoever invited you for a new one."
        )
    ),
)


NO_TOKEN = Refusal(
    401,
    "no_token",
    say(gettext_noop("API token not valid")),
    say(gettext_noop("It was revoked, or has expired. Make a new one under Team, API tokens.")),
)


NOT_FOR_TOKEN = Refusal(
    403,
    "not_for_token",
    say(gettext_noop("Not allowed with this API token")),
    say(gettext_noop("Make a token that allows it. Programs can only make calls and read runs.")),
)


NOT_INVITED = Refusal(
    403,
    "not_invited",
    say(gettext_noop("You have no account here")),
    say(gettext_noop("Ask an admin of your team for an invitation, and open its link.")),
)


NO_VERIFIED_ADDRESS = Refusal(
    403,
    "no_verified_address",
    say(gettext_noop("Your email address isn’t verified")),
    say(gettext_noop("Verify it at your identity provider, then sign in again.")),
)


NO_SINGLE_SIGN_ON = Refusal(
    502,
    "no_single_sign_on",
    say(gettext_noop("You are not signed in")),
    say(
        gettext_noop(
            "The sign-in was cancelled, or failed at the identity provider. Sign in again. (Administrators "
            "can check PLAYGROUND_OIDC_URL and its client.)"
        )
    ),
)


NO_PASSWORD = Refusal(
    404,
    "no_password",
    say(gettext_noop("Your account has no password")),
    say(gettext_noop("You sign in by single sign-on. Change your password there.")),
)


NO_TEAM_HERE = Refusal(
    404,
    "no_team_here",
    say(gettext_noop("Team not found")),
    say(gettext_noop("The team doesn’t exist, or you aren’t in it.")),
)


LAST_OWNER = Refusal(
    409,
    "last_owner",
    say(gettext_noop("A team needs an owner")),
    say(gettext_noop("Make somebody else an owner first.")),
)


RESERVED_NAME = Refusal(
    403,
    "reserved_name",
    say(gettext_noop("This name is reserved")),
    say(
        gettext_noop(
            "Choose another name: the server’s settings give keys to a team of this name. (Administrators "
            "can make it with manage.py people invite --owner --team NAME.)"
        )
    ),
)


NO_KEY = Refusal(
    404,
    "no_key",
    say(gettext_noop("Key not found")),
    say(gettext_noop("The key was deleted, or isn’t yours to change. Reload the page.")),
)


NO_DATA_KEYS = Refusal(
    409,
    "no_data_keys",
    say(gettext_noop("Keys can’t be saved")),
    say(
        gettext_noop(
            "Nothing was stored: there is nothing to encrypt keys with. (Administrators can make a data key "
            "with manage.py keys new, and set PLAYGROUND_DATA_KEYS to it.)"
        )
    ),
)


def for_another(email: str) -> Refusal:
    return Refusal(
        403,
        "for_another",
        say(gettext_noop("This invitation is for somebody else")),
        say(
            gettext_noop("It is for %(email)s. Sign in with that address, and open the link again."),
            email=email,
        ),
    )


NO_NEW_TEAM = Refusal(
    403,
    "not_allowed",
    say(gettext_noop("You can’t make teams")),
    say(gettext_noop("Only owners of a team can make another one.")),
)


NO_MEMBER = Refusal(
    404,
    "no_member",
    say(gettext_noop("Person not found")),
    say(gettext_noop("Nobody with this number is in the team. Reload its page.")),
)
