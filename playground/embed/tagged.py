"""The requests of the tags in a site: in the pages that its tool has built, or in a folder of Markdown."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from playground.embed import markdown
from playground.embed.docs import look

_ELEMENT = "api-playground"


class _Reader(HTMLParser):
    """The attributes of each `<api-playground>`, with the request that stands within as `request`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self._is_open = self._is_request = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == _ELEMENT:
            self.found.append(values)
            self._is_open = True
        self._is_request = self._is_open and tag == "script" and values.get("type") == "application/json"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._is_open = self._is_open and tag != _ELEMENT

    def handle_endtag(self, tag: str) -> None:
        self._is_request = False
        self._is_open = self._is_open and tag != _ELEMENT

    def handle_data(self, data: str) -> None:
        if self._is_request:
            self.found[-1].setdefault("request", data)


def requests_in(folder: Path, embed: str) -> Iterator[tuple[Path, str]]:
    """The file of each tag that names the embed, and its request as JSON text; "" for one without.

    Raises `OSError`.
    """
    for path, html in _pages(folder):
        reader = _Reader()
        reader.feed(html)
        reader.close()
        for values in reader.found:
            if values.get("embed") == embed:
                yield path, values.get("request", "").strip()


def _pages(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(path for path in folder.rglob("*.html") if path.is_file()):
        yield path, path.read_text(encoding="utf-8", errors="replace")
    docs = look(folder)
    for page in docs.pages.values():
        yield folder / page.path, markdown.render(docs, page, allow_html=True).html
