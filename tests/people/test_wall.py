"""Each URL of the playground says who may see it."""

from django.urls import URLPattern

from playground.people import wall
from playground.urls import urlpatterns


def test_each_url_has_one_line() -> None:
    names = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}

    assert names <= wall.OPEN | set(wall.NEEDED)
    assert not wall.OPEN & set(wall.NEEDED)
    # Those of people come with accounts.
    assert wall.OPEN | set(wall.NEEDED) == names | {
        *("invitation", "budget-left", "run-link", "run-comments", "public-link", "public-link-file")
    }
