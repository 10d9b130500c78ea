"""Who calls: the address that a trusted proxy reports, and no other."""

import pytest
from django.test import RequestFactory

from playground.calls.who import address_of, pseudonym_of
from tests.configuration import configure


def _client(remote: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return address_of(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))


@pytest.mark.parametrize("forwarded", [None, "192.0.2.7", "192.0.2.7, 127.0.0.1"])
def test_without_trusted_proxies_nobody_is_believed(forwarded: str | None) -> None:
    assert _client("127.0.0.1", forwarded) == "127.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (None, "10.0.0.1"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ("198.51.100.1, unknown", "10.0.0.1"),
        ("198.51.100.1, ", "10.0.0.1"),
        ("198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7\x00", "10.0.0.1"),
        ("9" * 5000, "10.0.0.1"),
    ],
)
def test_the_header_is_read_as_far_as_trusted_proxies_wrote_it(
    monkeypatch: pytest.MonkeyPatch, forwarded: str | None, client: str
) -> None:
    configure(PLAYGROUND_TRUSTED_PROXIES="10.0.0.0/8, 2001:db8:f::1")

    assert _client("10.0.0.1", forwarded) == client
    assert _client("::ffff:10.0.0.1", forwarded) == client


def test_who_is_not_a_trusted_proxy_is_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_TRUSTED_PROXIES="10.0.0.1")

    assert _client("10.0.0.2", "192.0.2.7") == "10.0.0.2"


@pytest.mark.parametrize(("trusted", "client"), [("unix", "192.0.2.7"), ("127.0.0.1", "")])
def test_a_proxy_on_a_unix_socket_goes_by_that_name(
    monkeypatch: pytest.MonkeyPatch, trusted: str, client: str
) -> None:
    configure(PLAYGROUND_TRUSTED_PROXIES=trusted)

    assert _client("", "192.0.2.7") == client


def test_a_network_of_ipv6_is_one_client() -> None:
    assert _client("2001:db8:1:2::1") == _client("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert _client("2001:db8:1:3::1") == "2001:db8:1:3::/64"


def test_a_pseudonym_tells_clients_apart_and_no_address() -> None:
    requests = [RequestFactory().get("/", REMOTE_ADDR=f"192.0.2.{number}") for number in (1, 1, 2)]

    one, same, other = map(pseudonym_of, requests)

    assert one == same != other
    assert "192" not in one
