"""`manage.py embed NAME …`: makes or changes an embed, shows it, records its answer."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from playground.embed import budget, recorded
from playground.embed.models import Embed, RecordedAnswer
from playground.pages.reasons import REFUSED, refusal_of

_NUMBERS = {
    "max_tokens": "most tokens a call; 0 for what the catalogue allows",
    "n": "most answers a call; 0 for what the catalogue allows",
    "request_bytes": "largest request, in bytes; 0 for what the catalogue allows",
    "reader_calls_a_day": "calls a day for each reader",
    "reader_tokens_a_day": "tokens a day for each reader",
    "calls_a_day": "calls a day for all readers together",
    "tokens_a_day": "tokens a day for all readers together",
}
_MAY_BE_EMPTY = ("max_tokens", "n", "request_bytes")
_NEEDED = ("origins", "provider", "request")


class Command(BaseCommand):
    help = "Makes or changes an embed; --show tells about it, --record keeps the answer to its call."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--origin", action="append", dest="origins", help="of pages that may frame it; can be repeated"
        )
        parser.add_argument("--provider", help="id of the catalogue")
        parser.add_argument("--request", help="the body of the call: JSON, or the path of a file with it")
        parser.add_argument(
            "--lock",
            action="append",
            dest="locked",
            help='a field that readers cannot change; can be repeated, "" for none',
        )
        parser.add_argument("--key", choices=Embed.Key.values, help="whose key a reader's call has (reader)")
        for name, words in _NUMBERS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=words)
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument("--on", action="store_true", default=None, dest="active")
        switch.add_argument("--off", action="store_false", default=None, dest="active")
        calls = parser.add_mutually_exclusive_group()
        calls.add_argument(
            "--replay-only",
            action="store_true",
            default=None,
            dest="replay_only",
            help="readers get the recorded answer, and make no call",
        )
        calls.add_argument("--calls", action="store_false", default=None, dest="replay_only")
        parser.add_argument("--record", action="store_true", help="makes the call once, and keeps the answer")
        parser.add_argument("--show", action="store_true", help="tells what the embed allows and has spent")

    def handle(self, *, name: str, record: bool, show: bool, **options: Any) -> None:
        embed = Embed.objects.filter(name=name).first() or Embed(name=name)
        changes = _changes(options)
        if changes:
            _save(embed, changes)
            self.stdout.write(f"{name} is saved.")
        elif embed.pk is None:
            raise CommandError(f"No embed is called {name}. To make it: {_example(name)}")
        if record:
            self._record(embed)
        if show:
            self._show(embed)

    def _record(self, embed: Embed) -> None:
        try:
            exchange, problem = recorded.record(embed)
        except REFUSED as error:
            refusal = refusal_of(error)
            fields = [f"{item.field}: {item.sentence}" for item in refusal.fields]
            raise CommandError("\n".join([f"{refusal.title}. {refusal.advice}", *fields])) from error
        if problem:
            words = f" “{problem.message}”" if problem.message else ""
            raise CommandError(f"Nothing is recorded. {problem.title}.{words} {problem.advice}")
        size = len(exchange.received.body) if exchange.received else 0
        seconds = exchange.timings.total_ms / 1000
        self.stdout.write(f"The answer is recorded: {size} bytes in {seconds:.1f} s.")

    def _show(self, embed: Embed) -> None:
        spent, answer = budget.spent_today(embed), RecordedAnswer.objects.filter(embed=embed).first()
        caps = embed.caps
        lines = {
            "active": "yes" if embed.active else "no",
            "origins": " ".join(embed.allowed_origins),
            "provider": embed.provider,
            "key": embed.key,
            "only recorded": "yes" if embed.replay_only else "no",
            "locked": " ".join(embed.locked.split()) or "none",
            "caps": f"{caps.max_tokens} tokens, {caps.n} answers, {caps.request_bytes} bytes",
            "reader a day": f"{embed.reader_calls_a_day} calls, {embed.reader_tokens_a_day} tokens",
            "all a day": f"{embed.calls_a_day} calls, {embed.tokens_a_day} tokens",
            "today": f"{spent.calls} calls, {spent.tokens} tokens",
            "recorded": f"{answer.at:%Y-%m-%d %H:%M} UTC" if answer else "no answer",
            "request": embed.request,
        }
        for label, text in lines.items():
            self.stdout.write(f"{label:13} {text}")


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    """The fields that the options name."""
    names = ("provider", "key", "active", "replay_only", *_NUMBERS)
    changes = {name: options[name] for name in names if options[name] is not None}
    for name in ("origins", "locked"):
        if options[name] is not None:
            changes[name] = "\n".join(options[name])
    if options["request"] is not None:
        changes["request"] = _request(options["request"])
    return changes | {name: None for name in _MAY_BE_EMPTY if changes.get(name) == 0}


def _request(text: str) -> str:
    if text.lstrip().startswith("{"):
        return text
    try:
        return Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--request takes JSON, or the path of a readable file: {error}") from error


def _save(embed: Embed, changes: dict[str, Any]) -> None:
    if embed.pk is None and (lacking := [name for name in _NEEDED if not changes.get(name)]):
        raise CommandError(f"A new embed needs {', '.join(lacking)}: {_example(embed.name)}")
    for name, value in changes.items():
        setattr(embed, name, value)
    try:
        embed.full_clean()
    except ValidationError as error:
        lines = [f"{name}: {' '.join(sentences)}" for name, sentences in error.message_dict.items()]
        raise CommandError("\n".join(lines)) from error
    embed.save()


def _example(name: str) -> str:
    return f"manage.py embed {name} --origin https://docs.example.org --provider openai --request call.json"
