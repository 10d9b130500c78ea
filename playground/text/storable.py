"""Text that every database accepts."""


def storable(text: str) -> str:
    """Replace what databases reject: lone surrogates, and in PostgreSQL also NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
