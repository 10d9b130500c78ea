"""What is recorded of a call."""

from playground.text.redact import MASK, Redactor
from playground.upstream.outcome import redacted_headers


def test_header_names_and_values_are_redacted() -> None:
    headers = [("X-sk-12345678", "1"), ("Via", "sk-12345678"), ("Date", "now")]

    assert redacted_headers(headers, Redactor("sk-12345678")) == (
        (f"X-{MASK}", "1"),
        ("Via", MASK),
        ("Date", "now"),
    )


def test_headers_without_the_key_stay_as_they_are() -> None:
    headers = (("Via", "sk-1234"), ("X", "5678"))

    assert redacted_headers(headers, Redactor("sk-12345678")) == headers
