"""What a first visit loads: the playground, an embed's iframe, and the loader in a page of another site."""

import gzip
import re
from urllib.parse import urljoin

import requests

# Bytes, gzipped.
AIM, FRAME_AIM, LOADER_AIM = 70_000, 60_000, 5_000


def report(address: str) -> None:
    for title, path, aim in (("the playground", "/", AIM), ("a frame", "/embed/?provider=bench", FRAME_AIM)):
        sizes = first_load(urljoin(address, path))
        print(f"\nFirst load of {title} (bytes, gzip)\n")
        for name, size in sizes.items():
            print(f"{size:8,}  {name}")
        print(f"{sum(sizes.values()):8,}  in all (aim: at most {aim:,})")
    print(f"\n{loader(address):8,}  embed.js, in pages of other sites (aim: at most {LOADER_AIM:,})")


def first_load(address: str) -> dict[str, int]:
    """Return the gzipped size of the page and of each file that it names."""
    page = requests.get(address, timeout=60)
    page.raise_for_status()
    found = re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text)
    sizes = {"the page": _zipped(page.content)}
    for path in dict.fromkeys(found):
        answer = requests.get(urljoin(address, path), headers={"Accept-Encoding": "gzip"}, timeout=60)
        answer.raise_for_status()
        name = re.sub(r"\.[0-9a-f]{12}(?=\.)", "", path.removeprefix("/static/"))
        sizes[name] = int(answer.headers["Content-Length"])
    return sizes


def loader(address: str) -> int:
    answer = requests.get(urljoin(address, "/embed.js"), timeout=60)
    answer.raise_for_status()
    return _zipped(answer.content)


def _zipped(data: bytes) -> int:
    return len(gzip.compress(data, compresslevel=6))
