"""A first visit loads no more than promised."""

import re
from collections.abc import Callable

import requests

from benchmarks import weight
from tests.site import Site


def test_pages_and_the_loader_are_light(share: Callable[..., Site]) -> None:
    address = share().address

    page, saving = weight.first_load(address), weight.first_load(share(PLAYGROUND_RUNS="1").address)
    frame = weight.first_load(f"{address}embed/?provider=test")

    assert min([*page.values(), *frame.values()]) > 100  # nothing is missing
    assert {"js/frame.js", "css/frame.css", "js/framed.js"} <= set(frame)
    assert sum(page.values()) <= weight.AIM
    assert sum(saving.values()) <= weight.AIM
    assert sum(frame.values()) <= weight.FRAME_AIM
    assert weight.loader(address) <= weight.LOADER_AIM


def test_our_own_files_are_served_without_comments(share: Callable[..., Site]) -> None:
    address = share().address
    pages = [requests.get(address + path, timeout=20).text for path in ("", "docs/", "embed/?provider=test")]
    paths = set(re.findall(r'"(/static/(?:js|css)/[^"]+)"', "".join(pages)))

    assert len(paths) >= 5
    for path in sorted(paths):
        text = requests.get(address.rstrip("/") + path, timeout=20).text
        assert len(text) > 200
        assert not re.search(r"^\s*(//|/\*)", text, re.MULTILINE)
