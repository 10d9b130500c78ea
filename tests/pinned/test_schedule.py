"""When a pin is due, by the clock of its team."""

from datetime import UTC, datetime

import pytest

from playground.pinned.models import Every, Pin
from playground.pinned.schedule import next_due
from playground.teams.models import Team


@pytest.mark.parametrize(
    ("every", "zone", "now", "due"),
    [
        (Every.HOUR, "UTC", "2026-03-01 12:20", "2026-03-01 13:20"),
        (Every.DAY, "UTC", "2026-03-01 05:59", "2026-03-01 06:00"),
        (Every.DAY, "UTC", "2026-03-01 06:00", "2026-03-02 06:00"),
        (Every.DAY, "Asia/Shanghai", "2026-03-01 12:00", "2026-03-01 22:00"),
        (Every.DAY, "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 04:00"),  # summer time begins
        (Every.WEEK, "UTC", "2026-03-01 12:00", "2026-03-04 06:00"),  # from a Sunday to a Wednesday
        (Every.WEEK, "UTC", "2026-03-04 07:00", "2026-03-11 06:00"),
        (Every.WEEK, "Pacific/Auckland", "2026-03-03 12:00", "2026-03-03 17:00"),
    ],
)
def test_when_a_pin_is_due(every: Every, zone: str, now: str, due: str) -> None:
    pin = Pin(every=every, hour=6, weekday=2, team=Team(time_zone=zone))

    found = next_due(pin, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found is not None
    assert f"{found:%Y-%m-%d %H:%M}" == due
    assert next_due(Pin(every=Every.NEVER), datetime.now(UTC)) is None
