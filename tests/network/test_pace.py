"""When a growing answer is shown again: the first token at once, then at intervals that grow with load."""

import io
import socket
from collections.abc import Iterator

import pytest

from playground.network.connection import Wire, _Counted
from playground.network.limits import Limits
from playground.network.pace import FEW, Pace, interval_ms


class _Clock:
    """Time that passes only in `sleep` and `pass_by`; `slept` has each sleep, in milliseconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds * 1000)
        self.now += seconds * 1000


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def silent() -> Iterator[Wire]:
    """A connection on which nothing arrives."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire = Wire(sock=ours)
        wire.reader = ours.makefile("rb")
        yield wire


def _pace(clock: _Clock, calls: int) -> Pace:
    pace = Pace(Limits(), clock, calls=lambda: calls, sleep=clock.sleep)
    pace.begin()
    return pace


def test_the_interval_doubles_with_the_calls_between_its_bounds() -> None:
    assert [interval_ms(calls) for calls in (1, 40, 80, 160, 200, 500)] == [40, 40, 80, 160, 200, 200]


@pytest.mark.parametrize("calls", [1, 500])
def test_the_first_token_is_shown_at_once(clock: _Clock, silent: Wire, calls: int) -> None:
    pace = _pace(clock, calls)
    pace.heard(10)  # a first event without a token
    assert not pace.wait(silent)
    pace.heard(10)
    pace.token = True

    assert not pace.wait(silent)

    assert (pace.fresh, clock.slept) == (0, [])


@pytest.mark.parametrize(("calls", "sleeps"), [(FEW, []), (FEW + 1, [40]), (100, [100]), (500, [200])])
def test_a_stream_sleeps_through_the_interval_unless_there_are_few(
    clock: _Clock, silent: Wire, calls: int, sleeps: list[float]
) -> None:
    pace = _pace(clock, calls)
    pace.heard(10)
    pace.token = True
    assert not pace.wait(silent)

    assert pace.wait(silent, ready=True)
    pace.heard(10)
    if sleeps:
        assert not pace.wait(silent)  # nothing more is there, so it is shown without another sleep

    assert clock.slept == pytest.approx(sleeps)


def test_what_arrived_is_read_to_its_end_before_it_is_shown() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire = Wire(sock=ours)
        wire.reader = io.BufferedReader(_Counted(wire, 1000), 4)

        theirs.sendall(b"123456")
        assert wire.reader.read1() == b"1234"
        assert wire.wait(0)  # the buffer was filled, so there may be more
        assert wire.reader.read1() == b"56"
        assert not wire.wait(0)
        theirs.sendall(b"7")
        assert wire.wait(0)
        wire.close()


def test_after_a_sleep_what_arrived_is_read_without_asking_the_system(
    clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    with ours, theirs:
        wire = Wire(sock=ours)
        wire.reader = io.BufferedReader(_Counted(wire, 1000))
        pace = _pace(clock, FEW + 1)
        pace.heard(10)
        pace.token = True
        assert not pace.wait(wire)  # the first token is shown

        assert not wire.wait(0, likely=True)
        theirs.sendall(b"1234")
        with monkeypatch.context() as context:
            context.delattr("select.poll")
            assert pace.wait(wire)
            assert wire.reader.read1() == b"1234"
        theirs.close()
        assert wire.wait(0, likely=True)
        assert wire.reader.read1() == b""
        wire.close()
