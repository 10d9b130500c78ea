"""The one clock for all calls."""

import threading
import time

from playground.network.alarm import AlarmClock


def test_it_rings_while_the_block_runs() -> None:
    rang = threading.Event()

    with AlarmClock().after(0.05, rang.set):
        assert rang.wait(5)


def test_it_does_not_ring_for_a_block_that_ended() -> None:
    rang = threading.Event()

    with AlarmClock().after(0.1, rang.set):
        pass

    assert not rang.wait(0.3)


def test_an_earlier_alarm_does_not_wait_for_a_later_one() -> None:
    clock, order, done = AlarmClock(), [], threading.Event()

    def last() -> None:
        order.append("late")
        done.set()

    with clock.after(0.4, last):
        time.sleep(0.05)  # the clock now sleeps until the late alarm
        with clock.after(0.05, lambda: order.append("early")):
            assert done.wait(5)

    assert order == ["early", "late"]


def test_a_thousand_of_them_take_one_thread() -> None:
    clock, rang = AlarmClock(), threading.Semaphore(0)
    before = threading.active_count()
    blocks = [clock.after(0.1, lambda: rang.release()) for _ in range(1000)]
    for block in blocks:
        block.__enter__()

    assert threading.active_count() == before
    assert all(rang.acquire(timeout=5) for _ in range(1000))
    for block in blocks:
        block.__exit__(None, None, None)
