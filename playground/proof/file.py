"""The proof file, version 1: an HTML page with the archive inside, and a signature in its last line.

    <!doctype html>
    …                                                     what people read, made from the archive
    <script type="application/json" id="api-playground-proof">{"format": "api-playground.proof",
        "version": 1, "playground": "https://…/", "blacked_out": [PART, …], "exchange": ARCHIVE}</script>
    …
    <!-- api-playground-proof 1 Ed25519 KEY SIGNATURE -->

KEY and SIGNATURE are hexadecimal digits in lower case. The signature covers every byte before the last line.
ARCHIVE is the format of `exchange.archive`. Later versions add fields, and never change the meaning of one.
"""

import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from playground import amounts
from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.proof.keys import ALGORITHM, verifies
from playground.text import jsontext
from playground.text.pieces import TooManyError
from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

FORMAT = "api-playground.proof"
VERSION = 1
MOST_BYTES = 32 * 1024 * 1024
# The page puts it into addresses.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# An address, the names of parts: all short.
_LONGEST_NAME = 2_000

_MARK = b"<!-- api-playground-proof "
_SEAL = re.compile(
    rb"<!-- api-playground-proof ([1-9][0-9]{0,8}) (\w{1,40}) ([0-9a-f]{1,4000}) ([0-9a-f]{1,8000}) -->\n"
)
_SCRIPT = b'<script type="application/json" id="api-playground-proof">'
_SCRIPT_END = b"</script>"
# Possessive, so that it takes linear time; see `jsontext`.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)
# Characters that could end the script or start a comment in it, or that some editors change.
_ESCAPED = re.compile("[<>&\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
# What HTML can't hold.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# One file at a time: parsing takes up to ten times the size of the file.
_TURN = threading.Lock()
_PATIENCE_SECONDS = 10.0


class Readable(Protocol):
    """A file that is open for reading bytes."""

    def read(self, size: int, /) -> bytes: ...


class Problem(StrEnum):
    """Why a file can't be read."""

    TOO_LARGE = "too_large"
    OTHER_FILE = "other_file"
    CUT_OFF = "cut_off"
    VERSION = "version"
    SEVERAL = "several"
    BROKEN = "broken"
    BUSY = "busy"


class ProofError(SentenceError):
    """The file can't be read as a proof file; `sentence` says why."""

    def __init__(self, problem: Problem, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.problem = problem


class State(StrEnum):
    """What the signature shows: every byte is as signed, all except line endings are, or neither."""

    UNCHANGED = "unchanged"
    RESAVED = "resaved"
    CHANGED = "changed"


@dataclass(frozen=True)
class Proof:
    """A proof file that was read. `key` is the public key that it names, `playground` the address.

    Both are only what the file says until somebody compares the key. `blacked_out` names parts of the request
    and `answer`.
    """

    exchange: Exchange
    state: State
    key: bytes
    playground: str
    blacked_out: tuple[str, ...]

    @cached_property
    def shows_what_was_sent(self) -> bool:
        """Whether the request, from which pages and code are made, says what the sent bytes do.

        It does in each file of a playground, but who signs a file of their own can put any request into it.
        """
        call, sent = self.exchange.call, self.exchange.sent
        try:
            body = jsontext.loads(sent.body or b"{}")
        except jsontext.JSONTextError:
            return False
        are_there = call.url == sent.url and {*call.headers} <= {*sent.headers}
        return are_there and jsontext.same(body, dict(call.wire))


def script(exchange: Exchange, playground: str, blacked_out: Sequence[str]) -> str:
    """Return the HTML element with the archive. It has no character that HTML reads as markup."""
    value = {
        "format": FORMAT,
        "version": VERSION,
        "playground": playground,
        "blacked_out": list(blacked_out),
        "exchange": archive.dump(exchange),
    }
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _SCRIPT.decode() + _ESCAPED.sub(_escape, text) + _SCRIPT_END.decode()


def sealed(page: str, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the finished file. Raises `ProofError` if it would be too large, or could not be read again."""
    text = _CONTROLS.sub("\ufffd", page.replace("\r", "&#13;")).rstrip("\n")
    data = text.encode("utf-8", "replace") + b"\n"
    whole = data + b"%s%d %s %s %s -->\n" % (
        _MARK,
        VERSION,
        ALGORITHM.encode(),
        public.hex().encode(),
        sign(data).hex().encode(),
    )
    read(whole)
    return whole


def too_large() -> Sentence:
    most = amounts.size(MOST_BYTES)
    return say(gettext_noop("The file exceeds %(most)s, the limit for proof files."), most=most)


def read(data: bytes | Readable) -> Proof:
    """Read a proof file, whoever made it. Raises `ProofError`.

    A file that is open is read when its turn comes, so that those that wait take no memory.
    """
    if not _TURN.acquire(timeout=_PATIENCE_SECONDS):
        raise _problem(
            Problem.BUSY, gettext_noop("Other proof files are being checked. Try again in a minute.")
        )
    try:
        data = data if isinstance(data, bytes) else data.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ProofError(Problem.TOO_LARGE, too_large())
        return _read(data)
    finally:
        _TURN.release()


def _read(data: bytes) -> Proof:
    text = _as_saved(data)
    body, key, signature = _seal(text)
    state = State.CHANGED
    if verifies(key, signature, body):
        state = State.UNCHANGED if text == data else State.RESAVED
    value = _value(body)
    blacked_out = value.get("blacked_out")
    playground = value.get("playground")
    if (
        not isinstance(blacked_out, list)
        or not isinstance(playground, str)
        or not all(_is_name(name) for name in [*blacked_out, playground])
    ):
        raise _broken("blacked_out, playground")
    try:
        exchange = archive.load(value.get("exchange"), DIALECTS)
    except (archive.ArchiveError, TooManyError, OverflowError) as error:
        raise _broken(str(error)) from error
    if not _ID.fullmatch(exchange.id):
        raise _broken("id")
    return Proof(exchange, state, key, playground, tuple(blacked_out))


def _as_saved(data: bytes) -> bytes:
    """Return the bytes as saved, if one changed only line endings or spaces at the end, or added a BOM."""
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    return lines.rstrip(b"\n ") + b"\n"


def _seal(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Split the signed bytes from the last line. Returns them, the public key and the signature."""
    is_ours = _SCRIPT in data
    at = data.rfind(_MARK)
    if at < 0 and not is_ours:
        raise _problem(
            Problem.OTHER_FILE, gettext_noop("This isn’t a proof file. Choose one from an API Playground.")
        )
    seal = _SEAL.fullmatch(data, at) if at >= 0 else None
    if seal is None:
        raise _problem(
            Problem.CUT_OFF,
            gettext_noop(
                "The file is incomplete: its last line, the signature, is missing or cut off. "
                "Get the whole file."
            ),
        )
    version, algorithm, key, signature = seal.groups()
    if int(version) != VERSION:
        raise _version(int(version))
    if algorithm != ALGORITHM.encode():
        raise _version(f"{VERSION} ({algorithm.decode()})")
    if data.count(_MARK) > 1 or data.count(_SCRIPT) > 1:
        raise _problem(
            Problem.SEVERAL,
            gettext_noop("The file contains more than one proof. Choose a file with only one."),
        )
    if not is_ours or len(key) % 2 or len(signature) % 2:
        raise _broken("no archive" if not is_ours else "signature")
    return data[:at], bytes.fromhex(key.decode()), bytes.fromhex(signature.decode())


def _value(body: bytes) -> dict[str, Any]:
    start = body.index(_SCRIPT) + len(_SCRIPT)
    end = body.find(b"<", start)
    if end < 0 or not body.startswith(_SCRIPT_END, end):
        raise _broken("markup in the archive")
    text = body[start:end]
    if _values(text) > jsontext.MAX_VALUES:
        raise _broken(f"more than {jsontext.MAX_VALUES:,} values")
    try:
        value = jsontext.loads(text)
    except jsontext.JSONTextError as error:
        raise ProofError(Problem.BROKEN, say(_BROKEN, why=error.sentence)) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _broken(f"not {FORMAT}")
    if value.get("version") != VERSION:
        raise _version(value.get("version"))
    return value


def _values(text: bytes) -> int:
    """Return an upper bound of the number of values. What looks like values in strings isn't counted."""
    # A field with a string has four quotes. Without this check, removing the strings could take much memory.
    if (strings := (text.count(b'"') - text.count(b'\\"')) // 4) > jsontext.MAX_VALUES:
        return strings
    bare = _STRINGS.sub(b"", text)
    return bare.count(b",") + bare.count(b"[") + bare.count(b"{")


_BROKEN = gettext_noop("The archive in the file can’t be read. %(why)s")


def _broken(why: str) -> ProofError:
    return _problem(Problem.BROKEN, _BROKEN, why=why[:300])


def _version(version: object) -> ProofError:
    return _problem(
        Problem.VERSION,
        gettext_noop(
            "The file has format version %(version)s, but this playground reads version %(known)s. "
            "Open the file in a newer playground."
        ),
        version=str(version)[:20],
        known=VERSION,
    )


def _problem(problem: Problem, sentence: str, **values: Any) -> ProofError:
    return ProofError(problem, say(sentence, **values))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
