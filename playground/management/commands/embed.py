"""`manage.py embed NAME …`: create, change, or show an embed, and save answers for it."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext

from playground.calls import budget
from playground.dialects import DIALECTS
from playground.docs.tags_in_sites import tags_in
from playground.embeds import recordings
from playground.embeds.models import Embed
from playground.exchange.record import Exchange
from playground.exchange.refusal import InvalidRequestError, RefusedError
from playground.forms.link import link_body
from playground.rendering.translate import translate
from playground.results.as_json import as_json
from playground.trouble import why
from playground.web.refusals import sentences

_NUMBERS = {
    "max_tokens": "limit for output tokens per call (0: the limit of the provider)",
    "n": "limit for choices per call (0: the limit of the provider)",
    "request_bytes": "limit for the request size in bytes (0: the limit of the provider)",
    "reader_calls_a_day": "daily calls per reader",
    "reader_tokens_a_day": "daily tokens per reader",
    "calls_a_day": "daily calls of all readers",
    "tokens_a_day": "daily tokens of all readers",
}
_CLEARABLE = ("max_tokens", "n", "request_bytes")
_REQUIRED = ("origins", "provider", "request")
_LONGEST_QUESTION = 80


@dataclass(frozen=True)
class _Tag:
    """What a tag asks for, and the file it is in."""

    place: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    provider: str = ""
    api: str = ""


class Command(BaseCommand):
    help = "Create, change, or show an embed, and save answers for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the embed, which tags use")
        parser.add_argument(
            "--origin", action="append", dest="origins", help="origin that can show the embed; repeatable"
        )
        parser.add_argument("--provider", help="ID from the provider list")
        parser.add_argument(
            "--api", choices=list(DIALECTS), help="API of the request (default: chat_completions)"
        )
        parser.add_argument("--request", help="request body: JSON, or a file that contains it")
        parser.add_argument(
            "--lock",
            action="append",
            dest="locked",
            help='field that readers can’t change; repeatable ("" for none)',
        )
        parser.add_argument(
            "--key",
            choices=Embed.Key.values,
            help="API key for readers’ calls: their own (default), or the server’s",
        )
        for name, words in _NUMBERS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=words)
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument(
            "--on", action="store_true", default=None, dest="active", help="turn the embed on"
        )
        switch.add_argument(
            "--off", action="store_false", default=None, dest="active", help="turn the embed off at once"
        )
        calls = parser.add_mutually_exclusive_group()
        calls.add_argument(
            "--replay-only",
            action="store_true",
            default=None,
            dest="replay_only",
            help="readers only see saved answers",
        )
        calls.add_argument(
            "--calls",
            action="store_false",
            default=None,
            dest="replay_only",
            help="readers can make calls (default)",
        )
        parser.add_argument(
            "--record",
            nargs="*",
            metavar="TAGS",
            help="make calls and save their answers: for the embed’s own request, or for TAGS: a request as "
            "JSON, a file that contains one, or the folder of a built site or of Markdown files",
        )
        parser.add_argument(
            "--forget",
            nargs="*",
            metavar="TAGS",
            help="delete saved answers that no longer match the settings; with the folders of your sites, "
            "also those that no tag uses, except the answer to the embed’s own request",
        )
        parser.add_argument(
            "--show", action="store_true", help="show the settings, today’s usage, and the saved answers"
        )

    def handle(self, **options: Any) -> None:
        try:
            self._handle(**options)
        except DatabaseError as error:
            raise CommandError(
                gettext("Embeds are unavailable: %(why)s.") % {"why": translate(why(error))}
            ) from error

    def _handle(
        self, *, name: str, record: list[str] | None, forget: list[str] | None, show: bool, **options: Any
    ) -> None:
        embed = Embed.objects.filter(name=name).first() or Embed(name=name)
        changes = _changes(options)
        if changes:
            _save(embed, changes)
            self.stdout.write(gettext("Saved %(name)s.") % {"name": name})
        elif embed.pk is None:
            words = gettext("No embed named %(name)s. To create it: %(command)s")
            raise CommandError(words % {"name": name, "command": _example(name)})
        if forget is not None:  # first, to make room for new recordings
            self.stdout.write(
                gettext("Saved answers deleted: %(number)s.") % {"number": _forget(embed, forget)}
            )
        if record is not None:
            self._record_all(embed, list(_tags(embed, record)) if record else [_Tag()])
        if show:
            self._show(embed)

    def _record_all(self, embed: Embed, tags: Iterable[_Tag]) -> None:
        """Record each request once, however many tags have it. Continue after a failure."""
        problems: list[str] = []
        wanted: dict[str, _Tag] = {}
        for tag in tags:
            wanted.setdefault(_digest(embed, tag), tag)
        self._warn(embed, tags)
        for tag in wanted.values():
            try:
                self._record(embed, tag)
            except CommandError as error:
                problems.append(f"{tag.place}: {error}" if tag.place else str(error))
        if problems:
            raise CommandError("\n".join(problems))

    def _warn(self, embed: Embed, tags: Iterable[_Tag]) -> None:
        """Warn about what the settings override in tags, once for each file and its fields."""
        for place, names in dict.fromkeys(
            (tag.place, ", ".join(embed.overruled(tag.body, tag.provider, tag.api))) for tag in tags
        ):
            if names:
                where = f"{place}: " if place else ""
                words = gettext("The settings of the embed override these values of the tag: %(names)s.")
                self.stderr.write(where + words % {"names": names})

    def _record(self, embed: Embed, tag: _Tag) -> None:
        try:
            exchange, problem = recordings.record(embed, tag.body)
        except recordings.NotKeptError as error:
            file = _save_to_file(embed, error.exchange)
            words = gettext("The answer is in %(file)s.") % {"file": file}
            raise CommandError(f"{translate(error.sentence)} {words}") from error
        except RefusedError as error:
            raise CommandError(_as_text(error)) from error
        if problem:
            quoted = f"“{problem.message}”" if problem.message else ""
            told = [gettext("No answer saved"), translate(problem.title), quoted, translate(problem.advice)]
            raise CommandError(" · ".join(filter(None, told)))
        size = len(exchange.received.body) if exchange.received else 0
        seconds = exchange.timings.total_ms / 1000
        where = f" {tag.place}" if tag.place else ""
        words = gettext("Answer saved: %(size)s bytes, %(seconds)s s.")
        self.stdout.write(words % {"size": f"{size:,}", "seconds": f"{seconds:.1f}"} + where)

    def _show(self, embed: Embed) -> None:
        spent, answers = budget.spent_today(embed.account), recordings.listed(embed)
        lines = {
            gettext("active"): _yes_or_no(embed.active),
            gettext("origins"): " ".join(embed.allowed_origins),
            gettext("provider"): embed.provider,
            gettext("API"): embed.dialect.id,
            gettext("API key"): embed.key,
            gettext("saved only"): _yes_or_no(embed.replay_only),
            gettext("locked"): " ".join(embed.locked.split()) or gettext("none"),
            gettext("per call"): _limits(embed),
            gettext("daily, reader"): _spent(embed.reader_calls_a_day, embed.reader_tokens_a_day),
            gettext("daily, all"): _spent(embed.calls_a_day, embed.tokens_a_day),
            gettext("used today"): _spent(spent.calls, spent.tokens),
            gettext("saved"): _counted(answers),
            gettext("request"): embed.request,
        }
        widest = max(map(_width, lines))
        for label, text in lines.items():
            self.stdout.write(f"{label}{' ' * (widest - _width(label))} {text}")
        for kept in answers:
            mark = "" if kept.matches else gettext("not matching") + " · "
            facts = kept.facts or gettext("can’t be read")
            question = " ".join(kept.question.split())[:_LONGEST_QUESTION]
            self.stdout.write(f"  {mark}{facts} · {question}")


def _yes_or_no(is_so: bool) -> str:
    return gettext("yes") if is_so else gettext("no")


def _limits(embed: Embed) -> str:
    caps = embed.caps
    words = gettext("tokens: %(tokens)s, choices: %(answers)s, bytes: %(bytes)s")
    return words % {
        "tokens": f"{caps.max_tokens:,}",
        "answers": f"{caps.n:,}",
        "bytes": f"{caps.request_bytes:,}",
    }


def _spent(calls: int, tokens: int) -> str:
    return gettext("calls: %(calls)s, tokens: %(tokens)s") % {"calls": f"{calls:,}", "tokens": f"{tokens:,}"}


def _counted(answers: list[recordings.Recording]) -> str:
    stale = [kept.matches for kept in answers].count(False)
    if not stale:
        return gettext("answers: %(all)s") % {"all": len(answers)}
    words = gettext("answers: %(all)s, no longer matching: %(stale)s")
    return words % {"all": len(answers), "stale": stale}


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "FW" else 1 for character in text)


def _forget(embed: Embed, sites: list[str]) -> int:
    """Delete answers; return how many. If a tag can't be read, raise before any is deleted."""
    if not sites:
        return recordings.forget_stale(embed)
    asked = {_digest(embed, tag) for tag in [_Tag(), *_tags(embed, sites)]}
    return recordings.forget_others(embed, asked)


def _tags(embed: Embed, wanted: list[str]) -> Iterator[_Tag]:
    for text in wanted:
        if text.lstrip().startswith("{") or not Path(text).is_dir():
            place = "" if text.lstrip().startswith("{") else text
            yield _Tag(place, _body(_read_json_or_file("TAGS", text), text, embed))
            continue
        found = list(tags_in(Path(text), embed.name))
        if not found:
            words = gettext("%(folder)s: no page has a tag with %(attribute)s.")
            raise CommandError(words % {"folder": text, "attribute": f'embed="{embed.name}"'})
        for tag in found:
            body = _body(tag.request, str(tag.file), embed) if embed.speaks(tag.api) else {}
            yield _Tag(str(tag.file), body, tag.provider, tag.api)


def _digest(embed: Embed, tag: _Tag) -> str:
    """Return the digest under which the tag's answer is saved."""
    try:
        return embed.digest_of(embed.asked(tag.body))
    except InvalidRequestError as error:  # the embed’s own request is broken
        raise CommandError(_as_text(error)) from error


def _body(text: str, place: str, embed: Embed) -> dict[str, Any]:
    try:
        return link_body(text, embed.dialect) if text else {}
    except InvalidRequestError as error:
        raise CommandError(f"{place[:100]}: {_as_text(error)}") from error


def _as_text(error: RefusedError) -> str:
    title, advice = translate(error.refusal.title), translate(error.refusal.advice)
    fields = [f"{name}: {sentence}" for name, sentence in sentences(error.refusal).items()]
    return "\n".join([f"{title} · {advice}", *fields])


def _save_to_file(embed: Embed, exchange: Exchange) -> Path:
    """Write the call data to a new file; existing ones stay."""
    number = 1
    while (file := Path(f"{embed.name}-answer-{number}.json")).exists():
        number += 1
    file.write_text(json.dumps(as_json(exchange), ensure_ascii=False, indent=2), encoding="utf-8")
    return file.absolute()


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that the options set. For a limit that may be empty, 0 means empty."""
    names = ("provider", "api", "key", "active", "replay_only", *_NUMBERS)
    changes = {name: options[name] for name in names if options[name] is not None}
    for name in ("origins", "locked"):
        if options[name] is not None:
            changes[name] = "\n".join(options[name])
    if options["request"] is not None:
        changes["request"] = _read_json_or_file("--request", options["request"])
    return changes | {name: None for name in _CLEARABLE if changes.get(name) == 0}


def _read_json_or_file(option: str, text: str) -> str:
    if text.lstrip().startswith("{"):
        return text
    try:
        return Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        words = gettext("%(option)s needs JSON, or a file that contains it: %(why)s")
        raise CommandError(words % {"option": option, "why": error}) from error


def _save(embed: Embed, changes: dict[str, Any]) -> None:
    if embed.pk is None and (lacking := [name for name in _REQUIRED if not changes.get(name)]):
        words = gettext("A new embed needs %(fields)s: %(command)s")
        raise CommandError(words % {"fields": ", ".join(lacking), "command": _example(embed.name)})
    for name, value in changes.items():
        setattr(embed, name, value)
    if embed.pk is not None and changes.keys() == {"active"}:
        embed.save(update_fields=["active"])  # the kill switch works even if other settings are invalid
        return
    try:
        embed.full_clean()
    except ValidationError as error:
        lines = [f"{name}: {' '.join(sentences)}" for name, sentences in error.message_dict.items()]
        raise CommandError("\n".join(lines)) from error
    embed.save()


def _example(name: str) -> str:
    return f"manage.py embed {name} --origin https://docs.example.org --provider openai --request call.json"
