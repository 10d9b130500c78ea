"""Lists of runs take as long over twice as many. `python -m benchmarks.runs` measures a million."""

import pytest
from django.test import Client

from benchmarks.runs import fill, searches
from tests.configuration import configure
from tests.growth import seconds

pytestmark = pytest.mark.django_db
_COUNT = 5_000
_TRIES = 5


def _times(client: Client) -> dict[str, float]:
    """Return the CPU time of each search, the best of a few tries."""

    def search(asked: dict[str, str]) -> None:
        headers = {"HX-Request": "true", "Accept": "text/html"}
        assert client.post("/runs/", asked, headers=headers).status_code == 200

    return {
        name: min(seconds(lambda asked=asked: search(asked)) for _ in range(_TRIES))  # type: ignore[misc]
        for name, asked in searches(_COUNT).items()
    }


@pytest.mark.thorough
def test_twice_as_many_runs_take_no_longer(client: Client) -> None:
    configure(PLAYGROUND_RUNS="1")
    fill(_COUNT)
    once = _times(client)

    fill(_COUNT)

    twice, tries = _times(client), 3
    while (slower := _slower(once, twice)) and tries:  # or the machine was busy
        tries -= 1
        twice = {name: min(twice[name], taken) for name, taken in _times(client).items()}
    assert slower == {}


def _slower(once: dict[str, float], twice: dict[str, float]) -> dict[str, tuple[float, float]]:
    both = {name: (once[name], taken) for name, taken in twice.items()}
    return {name: times for name, times in both.items() if times[1] > 1.5 * times[0] + 0.005}
