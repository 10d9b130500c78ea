"""Extract the message from an HTML or XML page that a proxy, a firewall, or a wrong address returns."""

import html
import string

# A page shows what it is near its start. Each tag is searched for once, so the time is linear.
_LONGEST_START = 20_000
_MARKS = ("<!doctype html", "<html", "<head", "<body")
_END = "</html>"
_TAGS = ("title", "h1", "h2", "message")
# Express and Python put nothing more into the title; the message is in the body.
_UNINFORMATIVE = frozenset(("", "error", "error response"))
_LONGEST_BODY = 300
# ASCII only: `str.lower` can turn one letter into two, which would shift the positions after it.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def is_page(text: str) -> bool:
    start = text[:_LONGEST_START].translate(_LOWER)
    return any(mark in start for mark in _MARKS)


def page_within(text: str) -> slice | None:
    """Return where a page is within a text, which may have a gateway's words around it, or None."""
    lower = text[:_LONGEST_START].translate(_LOWER)
    starts = [at for mark in _MARKS[:2] if (at := lower.find(mark)) >= 0]
    if not starts:
        return None
    end = lower.rfind(_END)
    return slice(min(starts), end + len(_END) if end >= 0 else len(text))


def is_xml(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("<?xml")


def words_of_page(text: str) -> str | None:
    """Return the page's title, else its heading, else the message of an XML document (S3 and similar).

    If none says more than that there is an error, return the beginning of the body's text.
    """
    start = text[:_LONGEST_START]
    found = [_content(start, tag) for tag in _TAGS]
    informative = next((words for words in found if words.casefold() not in _UNINFORMATIVE), None)
    if informative is None and any(found):
        informative = _content(start, "body")[:_LONGEST_BODY] or next(filter(None, found))
    return informative


def _content(text: str, tag: str) -> str:
    """Return the text of the first element with this name, without the tags within it."""
    lower = text.translate(_LOWER)
    opening = lower.find(f"<{tag}")
    start = lower.find(">", opening) + 1
    if opening < 0 or not start:
        return ""
    end = lower.find(f"</{tag}", start)
    inner = text[start:end] if end >= 0 else text[start:].partition("<")[0]
    outside = [part.partition(">")[2] if at else part for at, part in enumerate(inner.split("<"))]
    return " ".join(html.unescape(" ".join(outside)).split())
