"""Update `playground/catalogue/models.toml` from the package genai-prices: `scripts/models [--check]`.

The package is a development requirement: importing its data takes 0.3 s and 96 MiB, and needs pydantic. The
playground reads the small file instead. To renew it, raise the version in requirements-dev.txt and run this.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from genai_prices.data import providers as known_providers
from genai_prices.types import ModelInfo
from genai_prices.types import Provider as Known

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playground.catalogue.entries import read_providers  # noqa: E402
from playground.catalogue.provider import Provider  # noqa: E402
from playground.catalogue.providers import BUILT_IN, MODELS  # noqa: E402

# The data have no dates. Chat models from 2026 on take at least this many tokens; most older ones take less.
LEAST_CONTEXT = 200_000
# A longer list is no suggestion (OpenRouter). Reading it from the provider is better.
MOST = 40
NO_CHAT = re.compile(
    r"audio|banana|computer-use|cyber|deep-research|embed|guard|image|live|moderation|ocr|omni|realtime|robotics|"
    r"rosalind|safeguard|search|transcribe|tts|voxtral|whisper|:batch|:free"
)
# Served in the Responses API alone, or not by this provider's own API.
NOT_HERE = {"openai": re.compile("-pro|codex"), "gemini": re.compile("^(?!gemini-)")}
# Their ids are written in lower case in requests.
LOWER_CASE = {"zhipu"}


def data_of(provider: Provider) -> Known | None:
    """Return the provider in the data that has this base URL, or None."""
    urls = [endpoint.base_url for endpoint in provider.endpoints.values()]
    return next((known for known in known_providers if urls and re.match(known.api_pattern, urls[0])), None)


def _current(provider: Provider, models: list[ModelInfo]) -> Iterator[str]:
    for model in models:
        is_recent = (model.context_window or 0) >= LEAST_CONTEXT and not model.deprecated
        elsewhere = NOT_HERE.get(provider.id)
        if is_recent and not NO_CHAT.search(model.id) and not (elsewhere and elsewhere.search(model.id)):
            yield model.id.lower() if provider.id in LOWER_CASE else model.id


def written() -> str:
    lines = [
        f"# Written by scripts/models from genai-prices {version('genai-prices')} (MIT). Do not edit.",
        "# current: chat models that the provider serves. deprecated: models that it has announced to end.",
    ]
    for provider in read_providers(BUILT_IN).values():
        if (known := data_of(provider)) is None:
            continue
        current = sorted(_current(provider, known.models))
        deprecated = sorted(model.id for model in known.models if model.deprecated)
        lines += ["", f"[{provider.id}]"]
        for name, ids in (("current", current if len(current) <= MOST else []), ("deprecated", deprecated)):
            lines.append(
                f"{name} = [" + "".join(f"\n  {json.dumps(id_)}," for id_ in ids) + ("\n]" if ids else "]")
            )
    return "\n".join([*lines, ""])


def main(arguments: list[str]) -> int:
    text = written()
    if "--check" in arguments:
        if MODELS.read_text(encoding="utf-8") == text:
            return 0
        print("playground/catalogue/models.toml: run scripts/models")
        return 1
    MODELS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
