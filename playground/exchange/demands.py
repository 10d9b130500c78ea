"""What a request needs, in terms that all APIs share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playground.exchange.refusal import FieldProblem
from playground.text.sentence import ngettext_noop, say


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of an API's fields that rules for all APIs refer to.

    `tokens` limit an answer's length, the usual one first. `count` is the number of answers, "" if the API
    has no such field. Both may be fields within a field, named as in `Parameter`. `delivery` changes how the
    answer arrives, not its content. `synonyms` are names that some providers use for the same field. `call`
    is the field of a message with the id of the tool call that it answers, `item` the one that says what a
    message without a role is. `answer` is the role of an answer, `instructions` that of a message that comes
    before all others, "" if they have a parameter. `foreign` are fields of other APIs, which are rejected.
    `bounded` are the groups of an `Extra` that use no more tokens than their bytes, or images, tell. `tiers`
    choose the price: each has the values with which it is the usual one, or a lower one.
    """

    model: str
    prompt: str
    tokens: tuple[str, ...]
    count: str
    delivery: frozenset[str]
    synonyms: tuple[frozenset[str], ...]
    call: str = ""
    item: str = ""
    answer: str = "assistant"
    instructions: str = ""
    foreign: frozenset[str] = frozenset()
    bounded: frozenset[str] = frozenset()
    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demands:
    """What a request needs. `tokens` are its limits on an answer's length, by field.

    `count` is the number of answers. `model` is empty if none is named.
    """

    model: str = ""
    streams: bool = False
    count: int = 1
    tokens: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extra:
    """Something in a request that may cost more than the tokens of its text.

    `field` is its place: `tools`, `messages.0.content`. `name` is the API's name for it (`image_url`),
    `group` the caps' name (`images`), "" if it costs nothing. `ability` is what a model needs for it:
    `tools`, `vision`, `audio`, `schema`, or "". `is_part` marks a content part that isn't text.
    """

    field: str
    name: str
    group: str
    ability: str = ""
    is_part: bool = False


def too_many_messages(prompt: str, count: int, most: int) -> FieldProblem:
    """Return the problem with `prompt`, the field with the messages."""
    sentence = ngettext_noop(
        "The limit is %(count)s message, but the request has %(given)s. Remove some. (Administrators "
        "can raise PLAYGROUND_MESSAGES.)",
        "The limit is %(count)s messages, but the request has %(given)s. Remove some. "
        "(Administrators can raise PLAYGROUND_MESSAGES.)",
    )
    return FieldProblem(prompt, say(sentence, count=most, given=count))
