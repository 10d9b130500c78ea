"""Answers that the author had and kept: shown as they were, and said to be so, when no call is made."""

import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Sum, TextField
from django.db.models.functions import Cast, Substr

from playground.calls.draft import checked_request
from playground.calls.log import logging_for
from playground.database import in_turn, let_go
from playground.dialects import DIALECTS
from playground.embeds import policy
from playground.embeds.models import Embed, RecordedAnswer
from playground.exchange import archive
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange, Recorded
from playground.explanations.explain import Explanation, explain
from playground.text.sentence import Sentence, gettext_noop, say
from playground.trouble import why
from playground.upstream import client
from playground.upstream.route import find_route

# How many answers an embed keeps, and how many bytes of them: a site has some hundred tags, of a few KB each.
MOST = 500
MOST_BYTES = 64 * 1024 * 1024
# Columns that hold what came, of megabytes.
_LARGE = ("archive", "body")
_LONGEST_QUESTION, _LONGEST_TYPE = 1000, 200
_ENDED_BY_US = (FailureKind.STOPPED, FailureKind.RESTARTED)

# What a row raises that was written past the checks.
_BROKEN = (ValueError, TypeError, LookupError, AttributeError)

_logger = logging.getLogger(__name__)


class NotKeptError(Exception):
    """The answer is there, and cannot be kept: `exchange` has it, and `sentence` says why."""

    def __init__(self, exchange: Exchange, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.exchange, self.sentence = exchange, sentence


@dataclass(frozen=True)
class Recording:
    """A recording as a list of them shows it.

    `question` tells it from others: the last message, or the whole request. When its row cannot be read all
    that is known is its id. `matches` says whether the embed, as it stands now, would ever show it.
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
    """Makes the call that a tag with this request asks for, or the embed's own, and keeps the answer.

    What went wrong is not kept. Raises `InvalidRequestError`, `AddressRefusedError` and `BusyError` when
    nothing could be sent, and `NotKeptError`.
    """
    chat = checked_request(embed.asked(tag or {}))
    caller = client.Caller(ended=logging_for("author", embed.name))
    let_go()
    exchange = client.send(chat, find_route(embed.provider, None, None), settings.LIMITS, caller)
    problem = explain(exchange)
    if problem is None:
        try:
            in_turn(lambda: _keep(embed, tag or {}, policy.digest(chat.body), exchange))
        except DatabaseError as error:
            raise NotKeptError(exchange, say(_NO_DATABASE, why=why(error))) from error
    return exchange, problem


_NO_DATABASE = gettext_noop("The answer could not be saved: %(why)s.")
_GONE = gettext_noop("The embed “%(name)s” was deleted while its answer was recorded.")
_FULL = gettext_noop(
    "The embed “%(name)s” has %(count)s recorded answers of %(size)s MiB; it may have %(most)s of "
    "%(most_size)s MiB. Remove some first."
)


@transaction.atomic
def _keep(embed: Embed, tag: Mapping[str, Any], digest: str, exchange: Exchange) -> None:
    # Locked, so that two answers that are kept at once are counted one after the other.
    if not Embed.objects.select_for_update(no_key=True).filter(pk=embed.pk):
        raise NotKeptError(exchange, say(_GONE, name=embed.name))
    columns = _columns(exchange) | {"tag": json.loads(json.dumps(tag, sort_keys=True))}
    columns["size"] = len(columns["body"]) + len(json.dumps([columns["archive"], tag]))
    others = embed.recordings.exclude(digest=digest)
    others.filter(tag=columns["tag"]).delete()  # the same tag, as it was before the embed was changed
    if not _fits(others, columns["size"]):
        forget_stale(embed)
    if not _fits(others, columns["size"]):
        count, size = others.count(), others.aggregate(all=Sum("size", default=0))["all"]
        limits = {"most": MOST, "most_size": MOST_BYTES >> 20}
        raise NotKeptError(exchange, say(_FULL, name=embed.name, count=count, size=size >> 20, **limits))
    embed.recordings.update_or_create(digest=digest, defaults=columns)


def _fits(others: Any, size: int) -> bool:
    all_bytes: int = others.aggregate(all=Sum("size", default=0))["all"]
    return bool(others.count() < MOST and all_bytes + size <= MOST_BYTES)


def listed(embed: Embed) -> Iterator[Recording]:
    """The embed's recordings without their answers, the oldest first."""
    for pk in embed.recordings.values_list("pk", flat=True):
        yield read(pk, embed)


def read(pk: int, embed: Embed) -> Recording:
    """One of the embed's recordings."""
    try:
        return Recording.of(RecordedAnswer.objects.defer(*_LARGE).get(pk=pk), embed)
    except _BROKEN as error:
        _logger.error("Recording %s of the embed %s cannot be read: %s", pk, embed.name, type(error).__name__)
        return Recording(pk)


def start_of_answer(pk: int, most: int) -> bytes:
    """The first bytes of its body, of which it can have megabytes."""
    return bytes(RecordedAnswer.objects.values_list(Substr("body", 1, most), flat=True).get(pk=pk))


def matching(embed: Embed) -> dict[int, bool]:
    """Of each recording, by its id, whether the embed would ever show it as it stands now."""
    # As a text: one that is no JSON would end the whole query.
    rows = embed.recordings.annotate(text=Cast("tag", TextField()))
    return {
        pk: _matches(embed, provider, digest, tag)
        for pk, provider, digest, tag in rows.values_list("pk", "provider", "digest", "text")
    }


def _matches(embed: Embed, provider: str, digest: str, tag: str) -> bool:
    try:
        return RecordedAnswer(provider=provider, digest=digest, tag=json.loads(tag)).matches(embed)
    except _BROKEN:
        return False


def forget_stale(embed: Embed) -> int:
    """Removes what the embed, as it stands now, would never show. Gives how many those were."""
    return _forget(embed, [pk for pk, matches in matching(embed).items() if not matches])


def forget_others(embed: Embed, asked: Collection[str]) -> int:
    """Removes all answers but those to requests with these digests. Gives how many those were."""
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
        "question": _question(exchange.call.body)[:_LONGEST_QUESTION],
        "status": received.status,
        "content_type": (received.header("Content-Type") or "")[:_LONGEST_TYPE],
        "archive": archive.dump(exchange, with_body=False),
        "body": received.body,
    }


def _question(body: Mapping[str, Any]) -> str:
    content = body["messages"][-1].get("content")
    text = content if isinstance(content, str) else json.dumps(body, ensure_ascii=False)
    # No database takes half a character, and PostgreSQL no NUL.
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def instead(embed: Embed, asked: Mapping[str, Any], reason: Sentence, opened: str = "") -> Exchange | None:
    """The recorded answer to what was asked; None where there is none.

    A reader who changed the request gets the one to the request that their frame was opened with, which has
    the digest `opened`, or else to the embed's own.
    """
    wanted = policy.digest(asked)
    digests = (wanted, opened or policy.digest(embed.body))
    try:
        found = {one.digest: one for one in _recorded(embed, digests)}
        answer = found.get(digests[0]) or found.get(digests[1])
        return _exchange(answer, answer.digest == wanted, reason) if answer else None
    except DatabaseError as error:
        _logger.error("No recorded answer can be looked for: %s", why(error))
    except _BROKEN as error:
        _logger.error("A recorded answer of %s cannot be read: %s", embed.name, type(error).__name__)
    return None


def _recorded(embed: Embed, digests: tuple[str, ...]) -> list[RecordedAnswer]:
    rows = RecordedAnswer.objects.filter(embed=embed, provider=embed.provider, digest__in=digests)
    return in_turn(lambda: list(rows))


def _exchange(answer: RecordedAnswer, same_request: bool, reason: Sentence) -> Exchange:
    exchange = archive.load(answer.archive, DIALECTS, bytes(answer.body))
    return replace(exchange, recorded=Recorded(exchange.started, reason, same_request))


def is_down(exchange: Exchange, *, with_own_key: bool) -> bool:
    """Whether nothing came for the provider's sake. That a reader's own key has met its limit is not that."""
    if exchange.received is None:
        return exchange.failure is not None and exchange.failure.kind not in _ENDED_BY_US
    return exchange.received.status >= 500 or (exchange.received.status == 429 and not with_own_key)
