"""A docs folder that a test writes."""

from pathlib import Path

from playground.docs.folder import Docs, look


def write(folder: Path, **files: str) -> Docs:
    """Write files and return the docs: `write(folder, **{"openai/index.md": "# OpenAI"})`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return look(folder)
