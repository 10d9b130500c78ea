"""Numbers of rows, as forms and queries name them."""


def number_in(text: str, otherwise: int = 0) -> int:
    """Return a row's number; `otherwise`, by default one that no row has, if the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else otherwise
