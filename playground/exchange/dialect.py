"""The interface that every API implements, so that no other package knows a field of its JSON.

`playground.dialects` has one such object for each API.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from playground.errors.provider_error import ProviderError
from playground.exchange.answer import Answer
from playground.exchange.call import Auth, Call, Headers, Target
from playground.exchange.conversation import Conversation, Lost
from playground.exchange.demands import Demands, Extra, Fields
from playground.exchange.fix import Fix
from playground.exchange.parameter import Parameter, Preset, Row, Tick
from playground.exchange.refusal import FieldProblem
from playground.text.pieces import Pieces

# Field names, and positions in arrays as tuples of one.
Place = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A tool call so far. Both are strings, `Pieces`, or any JSON value that was sent in one piece."""

    name: Any
    arguments: Any


@dataclass(frozen=True, slots=True)
class LiveChoice:
    """A growing choice as a page shows it: its texts, by their names in `Choice`, and its tool calls."""

    texts: dict[str, Pieces]
    calls: list[LiveCall]


class Collector(Protocol):
    """Assembles a stream: `add` takes each event's JSON value; `completion` is the result so far.

    `tokens` counts the events that added text. `has_begun`: one of them was of this API. Until then,
    `fields` counts the names in the others: several of them may mean that they are of another API.
    """

    error: Any
    tokens: int
    has_begun: bool

    def add(self, chunk: Any) -> str:
        """Return the text that the chunk added. Raises `TooManyError` before memory fills up."""

    def is_finished(self, choices: int) -> bool:
        """Whether there are at least this many choices, and each has said that it is finished."""

    @property
    def completion(self) -> dict[str, Any]: ...

    @property
    def fields(self) -> int: ...

    @property
    def indexes(self) -> list[int]:
        """The choices' own indexes, in the order of `live`."""

    @property
    def live(self) -> list[LiveChoice]:
        """Each choice so far, in the order of their first chunks."""


@runtime_checkable
class Continuing(Protocol):
    """A `Collector` that can add several events as one."""

    def go_on(self, texts: Sequence[str]) -> bool:
        """Add events that equal the last one except for the text that it added.

        Returns False, and adds nothing, if that one did more than add text.
        """


@dataclass(frozen=True, slots=True)
class ModelList:
    """Each id once, as listed; `unread` counts the entries without one."""

    ids: tuple[str, ...]
    unread: int


class Dialect(Protocol):
    """`id` appears in requests and archives, `label` in sentences.

    `ending` is the path of the endpoint, which people paste with their base URL; `models_path` is that of the
    list of models. `roles` are those that people choose from; the messages of `call_roles` answer a call by
    its id. Every chunk of a stream contains one of `chunk_marks`: a chunk without one is not parsed.
    `end_mark` is how a stream announces its end. `auth` is how a key is sent, unless the provider
    overrides it. `count_path` is where the tokens of a request are counted; it is empty if nowhere.
    """

    id: str
    label: str
    ending: str
    models_path: str
    count_path: str
    auth: Auth
    chunk_marks: tuple[bytes, ...]
    end_mark: str
    fields: Fields
    roles: tuple[str, ...]
    call_roles: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    ticks: tuple[Tick, ...]
    presets: tuple[Preset, ...]
    targets: tuple[Target, ...]

    # --- the form ---

    def offered(self, body: Mapping[str, Any]) -> tuple[Parameter, ...]:
        """Return those of `parameters` that a request like this may have."""

    def rows(self, prompt: Any) -> list[Row] | None:
        """Return the messages in the field `fields.prompt` as rows; None if they cannot be rows."""

    def prompt(self, rows: Sequence[Row]) -> Any:
        """Return the messages that the rows mean. A row's own texts win over its `rest`."""

    # --- the request ---

    def problems(self, body: dict[str, Any], most_messages: int) -> list[FieldProblem]:
        """Return everything wrong with a body. Unknown fields pass: a provider may know them."""

    def demands(self, body: Mapping[str, Any]) -> Demands:
        """Return what a body needs. If it has not been checked, return what can be read."""

    def extras(self, body: Mapping[str, Any]) -> Iterator[Extra]:
        """Yield what may cost more than the tokens of the text, parameter by parameter and part by part."""

    def question(self, body: Mapping[str, Any]) -> str | None:
        """Return the last message if it is text, to tell requests apart."""

    def lengths(self, body: Mapping[str, Any]) -> list[int]:
        """Return the length of each message, in characters."""

    # --- from one API to another ---

    def conversation(self, body: Mapping[str, Any]) -> Conversation:
        """Return a body in the neutral form. The body need not have been checked."""

    def body_of(self, conversation: Conversation) -> tuple[dict[str, Any], list[Lost]]:
        """Return the body for another API's conversation, and what it cannot express."""

    # --- the call ---

    def path(self, body: Mapping[str, Any]) -> str:
        """Return where the body is posted, under the base URL."""

    def headers(self, body: Mapping[str, Any]) -> Headers:
        """Return the headers that only this API requires, besides the one with the key."""

    def wire(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is posted: the body without what is part of the path."""

    def models(self, value: Any) -> ModelList | None:
        """Return the models in the JSON of a list, or None if it is not a list."""

    def to_count(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is posted to `count_path`: the part of the body that has tokens to count."""

    def counted(self, value: Any) -> int | None:
        """Return the number of tokens in the JSON that comes back from there, or None if it has none."""

    # --- the response ---

    def collector(self) -> Collector: ...

    def chunk(self, value: Any) -> Any:
        """Return an event's JSON value without what some servers wrap around it."""

    def is_chunk(self, value: Any) -> bool:
        """Whether a JSON value is a piece of a stream rather than a completion."""

    def is_done(self, data: str, value: Any) -> bool:
        """Whether an event announces the end of the stream. `value` is that of its `data`."""

    def completion(self, value: Any) -> dict[str, Any] | None:
        """Return the completion in a received JSON value, or None if there is none."""

    def answer(self, completion: dict[str, Any], asked: Mapping[str, Any]) -> Answer:
        """Read a completion. `asked` is the body that was sent."""

    def error(self, value: Any) -> Any:
        """Return the part of a JSON value that reports an error although the status says success, or None."""

    def fix(self, body: Mapping[str, Any], error: ProviderError) -> Fix | None:
        """Return the change that the provider's message asks for, if it can be made automatically."""

    def fix_tokens(self, body: Mapping[str, Any], room: int) -> Fix | None:
        """Return the change that limits an answer to this many tokens, if the body allows more."""

    # --- a key that is split over several texts ---

    def texts(self, value: Any) -> Iterator[tuple[tuple[Place, ...], str]]:
        """Yield each text of a completion or an event, and the places where it is read with others."""

    def masked(self, completion: dict[str, Any], numbers: set[int]) -> dict[str, Any]:
        """Mask the texts with these numbers, counted in the order of `texts`."""


def call_of(
    dialect: Dialect,
    base_url: str,
    key_variable: str | None,
    body: Mapping[str, Any],
    url: str = "",
    *,
    auth: Auth | None = None,
    headers: Headers = (),
) -> Call:
    """Return the call that posts this body or, with a `url`, the one that gets what is there.

    `auth` is how the provider wants its key, if it differs from the dialect's; `headers` are sent in
    addition to the dialect's own, which take precedence.
    """
    own = dialect.headers(body)
    taken = {name.lower() for name, _ in own}
    return Call(
        base_url,
        url or base_url + dialect.path(body),
        key_variable,
        body,
        auth or dialect.auth,
        own + tuple((name, value) for name, value in headers if name.lower() not in taken),
        dialect.wire(body),
        dialect.demands(body).streams,
    )
