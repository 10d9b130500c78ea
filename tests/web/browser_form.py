"""Parse and post the page's form as a browser without scripts does."""

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

from django.http import QueryDict


class FormParser(HTMLParser):
    """Collects the fields of the form `request-form` by the HTML standard.

    A textarea loses one line break at its start, a one-line field all of them ("value sanitization
    algorithm").
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: list[tuple[str, str]] = []
        self._template = 0
        self._inside = False
        self._select: str | None = None
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._template += tag == "template"
        self._inside |= values.get("id") == "request-form"
        if not self._inside or self._template:
            return
        name = values.get("name")
        if tag == "textarea" and name:
            self._textarea, self._text = name, ""
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            self.fields.append((self._select, values["value"]))
        elif tag == "input" and name:
            self._input(name, values)

    def _input(self, name: str, values: dict[str, str]) -> None:
        if values.get("type") == "checkbox":
            self.fields += [(name, "on")] if "checked" in values else []
            return
        text = re.sub("[\r\n]", "", values.get("value", ""))
        self.fields.append((name, text.strip(" \t\f") if values.get("type") == "url" else text))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        self._template -= tag == "template"
        self._inside &= tag != "form"
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._textarea:
            text = self._text.removeprefix("\n")
            self.fields.append((self._textarea, text))
            self._textarea = None


def posted(html: str) -> QueryDict:
    """Return the page's form as a browser posts it unchanged."""
    parser = FormParser()
    # HTML parsers see only "\n" as a line break ("preprocessing the input stream"), and U+FFFD for NUL.
    parser.feed(html.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"))
    parser.close()
    with_crlf = [(name, re.sub("\r\n|\r|\n", "\r\n", value)) for name, value in parser.fields]
    return QueryDict(urlencode(with_crlf))
