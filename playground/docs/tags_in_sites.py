"""Find the embeds' tags in a site: in the pages that its generator has built, or in a folder of Markdown."""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from playground.docs import markdown
from playground.docs.folder import look

_ELEMENT = "api-playground"


@dataclass(frozen=True)
class Tagged:
    """A tag of an embed: its file, its provider, its API, and its request as JSON; "" for what it lacks."""

    file: Path
    provider: str
    api: str
    request: str


class _Reader(HTMLParser):
    """Collects the attributes of each `<api-playground>`, with the request inside it as `request`.

    For an iframe written without the script, it collects the parameters of its address.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self._open: dict[str, str] | None = None
        self._is_request = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == _ELEMENT:
            self.found.append(values)
            self._open = values
        elif tag == "iframe":
            self.found.append(_asked_by(values.get("src", "")))
        self._is_request = tag == "script" and values.get("type") == "application/json"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._is_request = False
        if tag == _ELEMENT:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._is_request and self._open is not None:
            self._open.setdefault("request", data)


def _asked_by(address: str) -> dict[str, str]:
    """Return the query of an iframe's address; nothing for an address that is not an embed's."""
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets around something that is not an IP address
        return {}
    if not parts.path.endswith("/embed/"):
        return {}
    asked = dict(parse_qsl(parts.query))
    return asked | {"api": asked.get("dialect", "")}


def tags_in(folder: Path, embed: str) -> Iterator[Tagged]:
    """Yield the tags that name the embed. Raises `OSError`."""
    for path, html in _pages(folder):
        reader = _Reader()
        reader.feed(html)
        reader.close()
        for values in reader.found:
            if values.get("embed") == embed:
                names = (values.get(name, "") for name in ("provider", "api", "request"))
                yield Tagged(path, *map(str.strip, names))


def _pages(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(path for path in folder.rglob("*.html") if path.is_file()):
        yield path, path.read_text(encoding="utf-8", errors="replace")
    docs = look(folder)
    for page in docs.pages.values():
        yield folder / page.path, markdown.render(docs, page, allow_html=True).html
