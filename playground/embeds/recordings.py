"""Saved answers: made by the author, and shown as such when no call can be made."""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Sum, TextField
from django.db.models.functions import Cast, Substr

from playground.calls import caps
from playground.calls.draft import Draft, checked_request
from playground.calls.log import logging_for
from playground.database import in_turn, let_go
from playground.dialects import DIALECTS
from playground.embeds import paying
from playground.embeds.models import Embed, RecordedAnswer
from playground.exchange import archive
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange, Recorded
from playground.exchange.refusal import RefusedError
from playground.explanations.explain import Explanation, explain
from playground.text.sentence import Sentence, gettext_noop, say
from playground.text.storable import storable
from playground.trouble import why
from playground.upstream import client

# The most answers of an embed, and their bytes: a site has a few hundred tags, with answers of a few KB.
MOST = 500
MOST_BYTES = 64 * 1024 * 1024
# Columns that can hold megabytes.
_LARGE_COLUMNS = ("archive", "body")
_LONGEST_QUESTION, _LONGEST_TYPE = 1000, 200
_ENDED_BY_US = (FailureKind.STOPPED, FailureKind.RESTARTED)

# What reading a row can raise if it was written without validation.
_ROW_ERRORS = (ValueError, TypeError, LookupError, AttributeError)

_logger = logging.getLogger(__name__)


class NotKeptError(Exception):
    """The call succeeded but its answer cannot be saved: `exchange` has it, `sentence` says why."""

    def __init__(self, exchange: Exchange, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.exchange, self.sentence = exchange, sentence


@dataclass(frozen=True)
class Recording:
    """A saved answer as lists show it.

    `question` is the last message, or the whole request. `matches` says whether the embed can still show it
    under its current settings. If the row cannot be read, only its id is known.
    """

    id: int
    matches: bool = False
    question: str = ""
    facts: str = ""

    @classmethod
    def of(cls, answer: RecordedAnswer, embed: Embed) -> "Recording":
        facts = f"{answer.at:%Y-%m-%d %H:%M} UTC · {answer.status} · {answer.content_type}"
        return cls(answer.pk, answer.matches(embed), answer.question, facts)


def record(embed: Embed, tag: Mapping[str, Any] | None = None) -> tuple[Exchange, Explanation | None]:
    """Make the call that a tag with this request asks for, or the embed's own, and save the answer.

    A failed call is not saved, but explained. Raises `InvalidRequestError`, `AddressRefusedError` and
    `BusyError` when nothing could be sent, and `NotKeptError`.
    """
    chat = checked_request(embed.dialect, embed.asked(tag or {}))
    draft = Draft(embed.provider, None, None, chat.body, dialect=embed.dialect.id)
    payment = paying.lend(embed, draft, client.Caller(ended=logging_for("author", embed.name)))
    if payment.problem:
        raise payment.problem
    caps.check_key(chat, payment.draft.lent.caps)
    route = payment.draft.route()
    reserved = payment.reserve(chat, route)
    let_go()
    try:
        caller = payment.caller.and_then(reserved.settle) if reserved else payment.caller
        exchange = client.send(chat, route, settings.LIMITS, caller)
    except RefusedError:
        if reserved:
            reserved.give_back()
        raise
    problem = explain(exchange)
    if problem is None:
        try:
            in_turn(lambda: _keep(embed, tag or {}, embed.digest_of(chat.body), exchange))
        except DatabaseError as error:
            raise NotKeptError(exchange, say(_NO_DATABASE, why=why(error))) from error
    return exchange, problem


_NO_DATABASE = gettext_noop("Couldn’t save the answer: %(why)s.")
_GONE = gettext_noop("The embed “%(name)s” was deleted before the answer could be saved.")
_FULL = gettext_noop(
    "The embed “%(name)s” has no room for this answer: %(used)s of %(most)s answers and %(size)s of "
    "%(most_size)s MiB are used. Delete some saved answers first."
)


@transaction.atomic
def _keep(embed: Embed, tag: Mapping[str, Any], digest: str, exchange: Exchange) -> None:
    # Lock the embed, so that answers saved at the same time are counted one by one.
    if not Embed.objects.select_for_update(no_key=True).filter(pk=embed.pk):
        raise NotKeptError(exchange, say(_GONE, name=embed.name))
    columns = _columns(exchange) | {"tag": json.loads(json.dumps(tag, sort_keys=True))}
    columns["size"] = len(columns["body"]) + len(json.dumps([columns["archive"], tag]))
    others = embed.recordings.exclude(digest=digest)
    others.filter(tag=columns["tag"]).delete()  # the tag's answer from before the embed was changed
    if not _fits(others, columns["size"]):
        forget_stale(embed)
    if not _fits(others, columns["size"]):
        count, size = others.count(), others.aggregate(all=Sum("size", default=0))["all"]
        limits = {"most": MOST, "most_size": MOST_BYTES >> 20}
        raise NotKeptError(exchange, say(_FULL, name=embed.name, used=count, size=size >> 20, **limits))
    embed.recordings.update_or_create(digest=digest, defaults=columns)


def _fits(others: Any, size: int) -> bool:
    all_bytes: int = others.aggregate(all=Sum("size", default=0))["all"]
    return bool(others.count() < MOST and all_bytes + size <= MOST_BYTES)


def listed(embed: Embed) -> list[Recording]:
    """Return the embed's recordings without their answers, the oldest first."""
    try:
        return [Recording.of(answer, embed) for answer in embed.recordings.defer(*_LARGE_COLUMNS)]
    except _ROW_ERRORS:  # of one row: then each is read alone
        return [read(pk, embed) for pk in embed.recordings.values_list("pk", flat=True)]


def read(pk: int, embed: Embed) -> Recording:
    """Read one of the embed's recordings, without its answer."""
    try:
        return Recording.of(RecordedAnswer.objects.defer(*_LARGE_COLUMNS).get(pk=pk), embed)
    except _ROW_ERRORS as error:
        _logger.error(
            "Saved answer %s of the embed %s cannot be read: %s", pk, embed.name, type(error).__name__
        )
        return Recording(pk)


def start_of_answer(pk: int, most: int) -> bytes:
    """Return the first bytes of the answer's body, which can be megabytes long."""
    return bytes(RecordedAnswer.objects.values_list(Substr("body", 1, most), flat=True).get(pk=pk))


def matching(embed: Embed) -> dict[int, bool]:
    """Return `{recording id: whether the embed can still show it}`, by its current settings."""
    # Cast to text: a single value that is not valid JSON would fail the whole query.
    rows = embed.recordings.annotate(text=Cast("tag", TextField()))
    return {
        pk: _matches(embed, provider, digest, tag)
        for pk, provider, digest, tag in rows.values_list("pk", "provider", "digest", "text")
    }


def _matches(embed: Embed, provider: str, digest: str, tag: str) -> bool:
    try:
        return RecordedAnswer(provider=provider, digest=digest, tag=json.loads(tag)).matches(embed)
    except _ROW_ERRORS:
        return False


def forget_stale(embed: Embed) -> int:
    """Remove the recordings that the embed can no longer show. Returns how many."""
    return _forget(embed, [pk for pk, matches in matching(embed).items() if not matches])


def forget_others(embed: Embed, asked: Collection[str]) -> int:
    """Remove all recordings except those of the embed's provider with these digests. Returns how many."""
    rows = embed.recordings.values_list("pk", "provider", "digest")
    others = [pk for pk, provider, digest in rows if provider != embed.provider or digest not in asked]
    return _forget(embed, others)


def _forget(embed: Embed, ids: Sequence[int]) -> int:
    embed.recordings.filter(pk__in=ids).delete()
    return len(ids)


def _columns(exchange: Exchange) -> dict[str, Any]:
    received = exchange.received
    if received is None:
        raise ValueError("there is no answer to keep")
    return {
        "at": exchange.started,
        "provider": exchange.provider or "",
        "question": _question(exchange)[:_LONGEST_QUESTION],
        "status": received.status,
        "content_type": (received.header("Content-Type") or "")[:_LONGEST_TYPE],
        "archive": archive.dump(exchange, with_body=False),
        "body": received.body,
    }


def _question(exchange: Exchange) -> str:
    body = exchange.call.body
    said = exchange.dialect.question(body)
    text = json.dumps(body, ensure_ascii=False) if said is None else said
    return storable(text)


def instead(embed: Embed, asked: Mapping[str, Any], reason: Sentence, opened: str = "") -> Exchange | None:
    """Return the saved answer to `asked`, or None.

    If that request has none, the frame's first request counts: the one with the digest `opened`, or the
    embed's own if `opened` is empty.
    """
    wanted = embed.digest_of(asked)
    digests = (wanted, opened or embed.digest_of(embed.body))
    try:
        found = {one.digest: one for one in _recorded(embed, digests)}
        answer = found.get(digests[0]) or found.get(digests[1])
        return _exchange(answer, answer.digest == wanted, reason) if answer else None
    except DatabaseError as error:
        _logger.error("Saved answers cannot be looked up: %s", why(error))
    except _ROW_ERRORS as error:
        _logger.error("A saved answer of %s cannot be read: %s", embed.name, type(error).__name__)
    return None


def _recorded(embed: Embed, digests: tuple[str, ...]) -> list[RecordedAnswer]:
    rows = RecordedAnswer.objects.filter(embed=embed, provider=embed.provider, digest__in=digests)
    return in_turn(lambda: list(rows))


def _exchange(answer: RecordedAnswer, same_request: bool, reason: Sentence) -> Exchange:
    exchange = archive.load(answer.archive, DIALECTS, bytes(answer.body))
    return replace(exchange, recorded=Recorded(exchange.started, reason, same_request))


def is_down(exchange: Exchange, *, with_own_key: bool) -> bool:
    """Return whether the call failed because of the provider, not of a reader's key that hit its limit."""
    if exchange.received is None:
        return exchange.failure is not None and exchange.failure.kind not in _ENDED_BY_US
    return exchange.received.status >= 500 or (exchange.received.status == 429 and not with_own_key)
