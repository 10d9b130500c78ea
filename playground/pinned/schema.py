"""JSON Schemas and regular expressions of people: what they may be, and whether a value fits.

Regular expressions run in linear time, and no schema is fetched. But a schema can take exponential time, by
references to what refers twice to something else, and as much memory, so a process of its own tries it, which
can be ended.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_SECONDS = 5
# Of addresses. The longest answers take 80 MB.
_MEMORY = 256 << 20
_REGEX_BYTES = 1 << 18
_LONGEST_PROBLEM = 200


class SchemaError(Exception):
    """A schema cannot be used, or a value does not fit; its text is the library's, in English."""


class UncheckedError(Exception):
    """A value could not be checked within the limits of time and memory."""


def validator(schema: Any) -> Any:
    """Return the validator of a schema. Raises `SchemaError`."""
    import jsonschema_rs  # 10 MB, for those who use it

    options = jsonschema_rs.RegexOptions(size_limit=_REGEX_BYTES)
    try:
        return jsonschema_rs.validator_for(schema, pattern_options=options, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise SchemaError(getattr(error, "message", str(error))[:_LONGEST_PROBLEM]) from error


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text has a match anywhere. Raises `SchemaError`."""
    return bool(validator({"pattern": pattern}).is_valid(text))


def check(schema: str, *values: str) -> None:
    """Check a schema, and values against it, all as JSON. Raises `SchemaError` and `UncheckedError`."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            cwd=_ROOT,
            input=f"[{','.join((schema, *values))}]",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise UncheckedError from error
    if done.stdout:
        raise SchemaError(done.stdout[:_LONGEST_PROBLEM])


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    schema, *values = json.loads(sys.stdin.buffer.read())
    try:
        made = validator(schema)
        found = next((error for value in values for error in made.iter_errors(value)), None)
    except SchemaError as error:
        told = str(error)
    else:
        told = f"{_place(found.instance_path)}: {found.message}" if found else ""
    sys.stdout.buffer.write(told.encode("utf-8", "replace"))


def _place(path: list[str | int]) -> str:
    """Return where in a value: `.cities[2].name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path) or "."


if __name__ == "__main__":
    _main()
