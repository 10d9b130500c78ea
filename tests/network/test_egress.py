"""Which addresses may be reached: public ones, and exact host:port pairs that the settings allow."""

import ipaddress
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.network import dial, egress
from playground.network.limits import Limits
from playground.upstream import client
from playground.upstream.route import Route
from tests import chat
from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "161.26.0.1",
    "161.26.255.254",
    "166.8.0.1",
    "166.11.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:161.26.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:127.0.0.1",
    "2002:808:808::5efe:10.0.0.1",
    "fe80::5efe:8.8.8.8",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "161.25.255.255",
    "161.27.0.1",
    "166.7.255.255",
    "166.12.0.1",
    "172.32.0.1",
    "192.31.196.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2606:4700::5efe:8.8.8.8",
    "2002:808:808::1",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
]


_NUMBERS = st.one_of(
    st.integers(0, 2**32 - 1),
    st.sampled_from([int(ipaddress.IPv4Address(text)) for text in INSIDE if ":" not in text]),
)


def _hexadecimal_parts(number: int) -> str:
    return ".".join(f"0x{byte:X}" for byte in number.to_bytes(4, "big"))


def _octal_parts(number: int) -> str:
    return ".".join(f"0{byte:o}" for byte in number.to_bytes(4, "big"))


def _short(number: int) -> str:
    return f"{number >> 24}.{number & 0xFFFFFF}"


def _full_width(number: int) -> str:
    return str(ipaddress.IPv4Address(number)).translate({ord("0") + n: ord("０") + n for n in range(10)})


def _ideographic_dots(number: int) -> str:
    return str(ipaddress.IPv4Address(number)).replace(".", "。")


def _mapped(number: int) -> str:
    return f"[::ffff:{ipaddress.IPv4Address(number)}]"


def _nat64(number: int) -> str:
    return f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]"


_FORMS: list[Callable[[int], str]] = [
    str,
    hex,
    lambda number: f"0{number:o}",
    _hexadecimal_parts,
    _octal_parts,
    _short,
    _full_width,
    _ideographic_dots,
    _mapped,
    _nat64,
    lambda number: f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
]


def _is_refused(host: str) -> bool:
    try:
        egress.addresses(host, 80)
    except egress.AddressRefusedError:
        return True
    return False


def _replace(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, library: ModuleType, **functions: Any
) -> None:
    """Replace functions of a library as this module sees it: threads of other tests use them meanwhile."""
    monkeypatch.setattr(module, library.__name__, SimpleNamespace(**vars(library) | functions))


def _answer_with(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Give every name these addresses."""

    def resolve(host: str, port: int, **options: int) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    _replace(monkeypatch, egress, socket, getaddrinfo=resolve)


@pytest.mark.parametrize("address", INSIDE)
def test_an_internal_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    _answer_with(monkeypatch, address)

    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("llm.example", 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reached(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    _answer_with(monkeypatch, address)

    assert egress.addresses("llm.example", 443) == [address]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_an_address_of_this_machine_is_refused_whatever_its_range(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    # Stands for a public address of this machine: no range is excluded here, so only ownership refuses it.
    monkeypatch.setattr(egress, "_is_public", lambda address: True)
    _answer_with(monkeypatch, address)

    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("llm.example", 443)
    configure(PLAYGROUND_PRIVATE_UPSTREAMS="llm.example:443")
    assert egress.addresses("llm.example", 443) == [address]


@pytest.mark.parametrize(
    "others", [["10.0.0.1", "1.1.1.1"], ["1.1.1.1", "10.0.0.1"], ["1.1.1.1", "8.8.8.8", "::1"]]
)
def test_one_internal_address_refuses_the_whole_name(
    monkeypatch: pytest.MonkeyPatch, others: list[str]
) -> None:
    _answer_with(monkeypatch, *others)

    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("llm.example", 443)


def test_every_address_of_a_name_is_given_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_with(monkeypatch, "8.8.8.8", "1.1.1.1", "8.8.8.8")

    assert egress.addresses("llm.example", 443) == ["8.8.8.8", "1.1.1.1"]


@pytest.mark.parametrize(
    "spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost", "::1"]
)
def test_every_spelling_of_loopback_is_refused(spelling: str) -> None:
    with pytest.raises(egress.AddressRefusedError):
        egress.addresses(spelling, 80)


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a..b", "x" * 70 + ".invalid", "\udcff"])
def test_an_unknown_name_is_refused_like_an_internal_one(name: str) -> None:
    with pytest.raises(egress.AddressRefusedError) as unknown:
        egress.addresses(name, 80)
    with pytest.raises(egress.AddressRefusedError) as inside:
        egress.addresses("localhost", 80)

    assert unknown.value.rule is inside.value.rule is egress.Rule.ADDRESS


@pytest.mark.parametrize("took", [0.0, 0.1, 0.15])
def test_the_time_of_a_refusal_does_not_reveal_the_result(
    monkeypatch: pytest.MonkeyPatch, took: float
) -> None:
    monkeypatch.setattr(egress, "REFUSAL_SECONDS", 0.2)

    def resolve(host: str, port: int, **options: int) -> list[tuple[object, ...]]:
        time.sleep(took)
        if host == "unknown.example":
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    _replace(monkeypatch, egress, socket, getaddrinfo=resolve)
    slept: list[float] = []
    _replace(monkeypatch, egress, time, monotonic=lambda: 100.0 + took * len(slept), sleep=slept.append)

    for host in ("unknown.example", "inside.example"):
        slept[:] = []
        with pytest.raises(egress.AddressRefusedError):
            egress.addresses(host, 443)
        assert sum(slept) == pytest.approx(0.2)


@given(_NUMBERS, st.sampled_from(_FORMS))
def test_every_spelling_of_an_address_is_judged_by_what_it_resolves_to(
    number: int, form: Callable[[int], str]
) -> None:
    """Decimal, hexadecimal, octal, short, full-width and inside IPv6: each is refused if it is not public."""
    plain = str(ipaddress.IPv4Address(number))
    spelled = chat.endpoint(f"http://{form(number)}/").host

    assert _is_refused(spelled) == _is_refused(plain) == (not egress._is_public(plain))


@given(st.one_of(_NUMBERS, st.integers(0, 2**128 - 1)))
def test_no_address_that_the_standard_library_calls_private_is_public(number: int) -> None:
    for address in (ipaddress.IPv6Address(number), ipaddress.IPv4Address(number & 0xFFFFFFFF)):
        private = address.version == 4 and address.is_private
        if private or address.is_loopback or address.is_link_local or address.is_multicast:
            assert not egress._is_public(str(address))


def test_only_the_usual_ports_and_those_of_the_setting_may_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_with(monkeypatch, "8.8.8.8")

    assert egress.addresses("llm.example", 80)
    for port in (1, 22, 25, 6379, 8080, 65535):
        with pytest.raises(egress.AddressRefusedError) as refused:
            egress.addresses("llm.example", port)
        assert refused.value.rule is egress.Rule.PORT
        assert refused.value.ports == (80, 443)

    configure(PLAYGROUND_PORTS="443, 8443")
    assert egress.addresses("llm.example", 8443)
    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("llm.example", 80)


def test_a_forbidden_port_is_refused_before_the_name_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*question: object, **options: object) -> None:
        raise AssertionError("looked up")

    _replace(monkeypatch, egress, socket, getaddrinfo=resolve)

    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("db.internal", 5432)


def test_the_catalogues_own_port_is_open_for_its_host_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text(
        '[[provider]]\nid = "own"\nlabel = "Own"\nbase_url = "https://llm.example:8443"\n'
    )
    configure(PLAYGROUND_PROVIDERS=str(tmp_path / "own.toml"))
    _answer_with(monkeypatch, "8.8.8.8")

    assert egress.addresses("llm.example", 8443)
    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("other.example", 8443)


def test_an_unknown_name_in_the_provider_list_is_reported_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "_resolve", _unknown)

    with pytest.raises(egress.UnknownHostError):
        egress.addresses("api.openai.com", 443)
    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("api.openai.org", 443)


def _unknown(host: str, port: int) -> list[str]:
    raise egress.UnknownHostError(host)


def test_a_private_upstream_is_allowed_for_its_exact_host_and_port_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(PLAYGROUND_PRIVATE_UPSTREAMS="127.0.0.1:8080, llm.internal:80")
    _answer_with(monkeypatch, "127.0.0.1")

    assert egress.addresses("127.0.0.1", 8080) == ["127.0.0.1"]
    assert egress.addresses("llm.internal", 80) == ["127.0.0.1"]
    for host, port in [
        ("127.0.0.1", 8081),
        ("llm.internal", 8080),
        ("localhost", 8080),
        ("x.llm.internal", 80),
    ]:
        with pytest.raises(egress.AddressRefusedError):
            egress.addresses(host, port)


def test_the_local_models_port_is_open_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_LOCAL_MODEL_URL="http://127.0.0.1:40123/v1")
    configure(PLAYGROUND_LOCAL_PROVIDERS="1")

    assert egress.addresses("127.0.0.1", 40123) == ["127.0.0.1"]
    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("127.0.0.1", 40124)


def test_servers_on_this_machine_are_open_only_where_they_are_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("localhost", 11434)

    configure(PLAYGROUND_LOCAL_PROVIDERS="1")

    assert egress.addresses("localhost", 11434)


def test_a_provider_of_the_operators_file_is_no_private_upstream(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text(
        '[[provider]]\nid = "own"\nlabel = "Own"\nbase_url = "http://10.0.0.5:8080"\n'
    )
    configure(PLAYGROUND_PROVIDERS=str(tmp_path / "own.toml"))

    with pytest.raises(egress.AddressRefusedError):
        egress.addresses("10.0.0.5", 8080)


def _send(url: str) -> object:
    request = chat.request({"model": "m", "messages": [{"role": "user", "content": "x"}]})
    return client.send(request, Route(None, chat.endpoint(url), "sk-12345678", "API_KEY"), Limits())


def test_nothing_reaches_a_private_server_that_is_not_allowed() -> None:
    with ScriptedUpstream() as inside:
        with pytest.raises(egress.AddressRefusedError):
            _send(inside.url)

        assert inside.requests == []


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes its answer (DNS rebinding) gains nothing, because it is resolved once."""
    asked: list[str] = []
    with ScriptedUpstream() as inside:
        called: list[tuple[str, int]] = []

        def resolve(host: str, port: int, **options: int) -> list[tuple[object, ...]]:
            asked.append(host)
            address = "1.1.1.1" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        def connect(address: tuple[str, int], timeout: float) -> socket.socket:
            called.append(address)
            raise ConnectionRefusedError

        _replace(monkeypatch, egress, socket, getaddrinfo=resolve)
        _replace(monkeypatch, dial, socket, create_connection=connect)

        configure(PLAYGROUND_PORTS=str(inside.port))
        _send(f"http://rebinding.example:{inside.port}")

        assert asked == ["rebinding.example"]
        assert called == [("1.1.1.1", inside.port)]
        assert inside.requests == []
