"""Which origins may be allowed, and which a browser then is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.embeds import policy
from tests.embeds.client import make_embed

# --- origins ---


@pytest.mark.parametrize(
    "origin",
    [
        "https://docs.example.org",
        "https://docs.example.org:8443",
        "https://docs",
        "https://xn--bcher-kva.example",
        "https://*.example.org",
        "https://*.docs.example.org:8443",
        "http://localhost",
        "http://localhost:5173",
        "http://127.0.0.1:8080",
    ],
)
def test_an_origin_that_can_be_allowed(origin: str) -> None:
    assert policy.allowed_origin(origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "null",
        "https:",
        "https://",
        "https://*",
        "https://*.org",
        "https://*.*.example.org",
        "https://docs.*.org",
        "https://*docs.example.org",
        "https://docs.example.org/",
        "https://docs.example.org/page",
        "https://docs.example.org?x",
        "https://docs.example.org#x",
        "https://user@docs.example.org",
        "https://docs.example.org:*",
        "https://docs.example.org:0",
        "https://docs.example.org:65536",
        "https://docs.example.org:443:443",
        "https://docs.example.org.",
        "https://-docs.example.org",
        "https://docs..example.org",
        "https://docs_x.example.org",
        "https://bücher.example",
        "https://10.0.0.5",
        "https://[::1]",
        "http://docs.example.org",
        "http://*.localhost",
        "docs.example.org",
        "//docs.example.org",
        "'self'",
        "data:",
        "https://docs.example.org; script-src *",
        "https://docs.example.org https://evil.example",
        "https://docs.example.org\nX-Header: 1",
        "https://docs.example.org\n",
    ],
)
def test_what_is_no_exact_origin_is_refused(origin: str) -> None:
    with pytest.raises(policy.PolicyError, match="isn’t a valid origin"):
        policy.allowed_origin(origin)


@given(st.text() | st.from_regex(r"https://(\*\.)?[a-z0-9.\-:;,' ]{1,30}"))
def test_an_origin_never_says_more_than_one_source(text: str) -> None:
    try:
        origin = policy.allowed_origin(text)
    except policy.PolicyError:
        return
    assert not set(origin) & set(" ;,'\"\n\r\t")
    assert origin.count("*") <= 1


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_line_that_was_written_past_the_checks_allows_nothing() -> None:
    embed = make_embed()
    embed.origins = "*\nhttps://docs.example.org\nhttps://a.example;script-src"

    assert embed.allowed_origins == ["https://docs.example.org"]


# --- the request that a tag results in ---


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://docs.example.org", True),
        ("HTTPS://docs.example.org", True),
        ("http://docs.example.org", False),
        ("https://docs.example.org:8443", False),
        ("https://a.example.net", True),
        ("https://a.b.example.net", True),
        ("https://example.net", False),
        ("https://evilexample.net", False),
        ("https://a.example.net:8443", False),
        ("http://localhost:5173", True),
        ("https://localhost:5173", True),
        ("http://localhost", False),
        ("null", False),
    ],
)
def test_origins_are_read_as_browsers_do(origin: str, allowed: bool) -> None:
    origins = ["https://docs.example.org", "https://*.example.net", "http://localhost:5173"]

    assert policy.allows(origins, origin) is allowed
