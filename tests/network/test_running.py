"""Places for exchanges: taken, given back, and refused at once."""

import threading

import pytest

from playground.exchange.failure import FailureKind
from playground.network.connection import Wire
from playground.network.limits import Limits
from playground.network.running import BusyError, Running


def test_a_place_is_given_back() -> None:
    running = Running()

    with (
        running.place(Wire(), _limits(1)),
        pytest.raises(BusyError) as refused,
        running.place(Wire(), _limits(1)),
    ):
        pass
    with running.place(Wire(), _limits(1)):
        pass

    assert refused.value.most == 1
    assert not refused.value.stopping


def test_only_the_exchange_with_the_id_is_ended() -> None:
    running, one, other = Running(), Wire(), Wire()

    with running.place(one, _limits(2)) as number, running.place(other, _limits(2)):
        assert running.stop(number)
        assert not running.stop("guess")

    assert one.ended is FailureKind.STOPPED
    assert other.ended is None
    assert not running.stop(number)


def test_stopping_refuses_new_ones_and_waits_for_the_others() -> None:
    running, wire, go = Running(), Wire(), threading.Event()

    def exchange() -> None:
        with running.place(wire, _limits(5)):
            go.wait(5)

    thread = threading.Thread(target=exchange)
    thread.start()
    while running.wait_until_none(0):
        pass
    running.refuse_new()

    with pytest.raises(BusyError) as refused, running.place(Wire(), _limits(5)):
        pass
    assert refused.value.stopping
    assert not running.wait_until_none(0.05)
    running.end_all(FailureKind.RESTARTED)
    assert wire.ended is FailureKind.RESTARTED
    go.set()
    assert running.wait_until_none(5)
    thread.join()


def test_one_visitor_cannot_take_the_places_of_others() -> None:
    running, limits = Running(), Limits(exchanges=5, client_exchanges=2)

    with running.place(Wire(), limits, "a"), running.place(Wire(), limits, "b"):
        with running.place(Wire(), limits, "a"):
            with pytest.raises(BusyError) as refused, running.place(Wire(), limits, "a"):
                pass
            assert refused.value.own
            assert refused.value.most == 2
            with running.place(Wire(), limits, "b"):
                pass
        with running.place(Wire(), limits, "a"):
            pass

    assert not running._by_visitor


def test_calls_without_a_visitor_have_no_limit_of_their_own() -> None:
    running, limits = Running(), Limits(exchanges=5, client_exchanges=1)

    with running.place(Wire(), limits), running.place(Wire(), limits):
        pass


def _limits(exchanges: int) -> Limits:
    return Limits(exchanges=exchanges)
