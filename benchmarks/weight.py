"""What a first visit loads, and what a page of another site loads before a frame of ours."""

import gzip
import re
from urllib.parse import urljoin

import requests

AIM = 60_000
LOADER_AIM = 5_000


def report(address: str) -> None:
    page = requests.get(address, timeout=60)
    page.raise_for_status()
    found = re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text)
    sizes = {"the page": _zipped(page.content)}
    for path in dict.fromkeys(found):
        answer = requests.get(urljoin(address, path), headers={"Accept-Encoding": "gzip"}, timeout=60)
        answer.raise_for_status()
        name = re.sub(r"\.[0-9a-f]{12}(?=\.)", "", path.removeprefix("/static/"))
        sizes[name] = int(answer.headers["Content-Length"])
    print("\nFirst load (bytes, gzip)\n")
    for name, size in sizes.items():
        print(f"{size:8,}  {name}")
    total = sum(sizes.values())
    print(f"{total:8,}  in all (aim: at most {AIM:,})")
    loader = requests.get(urljoin(address, "/embed.js"), timeout=60)
    loader.raise_for_status()
    print(f"{_zipped(loader.content):8,}  embed.js, in pages of other sites (aim: at most {LOADER_AIM:,})")


def _zipped(data: bytes) -> int:
    return len(gzip.compress(data, compresslevel=6))
