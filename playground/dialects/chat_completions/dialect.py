"""Chat Completions as the record needs it."""

from typing import Any

from playground.dialects.chat_completions import usage as usage_of
from playground.dialects.chat_completions.chunks import ChunkCollector
from playground.dialects.chat_completions.completion import Choice, read_choices
from playground.exchange.event_data import is_done
from playground.exchange.usage import Usage
from playground.exchange.wrapping import unwrapped


class ChatCompletions:
    id = "chat_completions"

    def collector(self) -> ChunkCollector:
        return ChunkCollector()

    def is_done(self, data: str) -> bool:
        return is_done(data)

    def completion(self, value: Any) -> dict[str, Any] | None:
        answer = unwrapped(value)
        has_choices = isinstance(answer, dict) and isinstance(answer.get("choices", ...), list | None)
        return answer if has_choices else None

    def choices(self, completion: dict[str, Any] | None) -> list[Choice]:
        return read_choices(completion)

    def usage(self, completion: dict[str, Any]) -> Usage | None:
        return usage_of.of(completion)


CHAT_COMPLETIONS = ChatCompletions()
