"""What a request asks for, in terms that all APIs share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of an API's fields that rules for all APIs refer to.

    `tokens` limit an answer's length, the usual one first. `count` is the number of answers; it is empty if
    the API has no such field. `delivery` changes how an answer comes, not what it says. `synonyms` are names
    that some providers take for the same field. `call` is where a message has the id of the call that it
    answers, if it can. `foreign` are names that only other APIs have, with which a request is refused.
    """

    model: str
    prompt: str
    tokens: tuple[str, ...]
    count: str
    delivery: frozenset[str]
    synonyms: tuple[frozenset[str], ...]
    call: str = ""
    foreign: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Demands:
    """What a request asks for. `tokens` are its limits on an answer's length, by field.

    `count` is the number of answers. `model` is empty if none is named.
    """

    model: str = ""
    streams: bool = False
    count: int = 1
    tokens: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extra:
    """Something in a request that may cost more than the tokens of its text.

    `field` is where it is: `tools`, `messages.0.content`. `name` is what the API calls it (`image_url`), and
    `group` the name by which caps allow it (`images`); it is empty for what costs nothing. `ability` is what
    a model needs for it: `tools`, `vision`, `audio` or `schema`; it may be empty. `is_part` marks a part of a
    message that is not text.
    """

    field: str
    name: str
    group: str
    ability: str = ""
    is_part: bool = False


def too_many_messages(prompt: str, count: int, most: int) -> FieldProblem:
    """Return the problem of the field `prompt`, in which the messages are."""
    return FieldProblem(
        prompt,
        say(
            gettext_noop(
                "There are %(count)s messages; at most %(most)s are sent. Remove some, or raise "
                "PLAYGROUND_MESSAGES on the server."
            ),
            count=count,
            most=most,
        ),
    )
