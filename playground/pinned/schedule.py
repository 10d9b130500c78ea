"""When a pin is due next."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from playground.pinned.models import Every, Pin


def next_due(pin: Pin, now: datetime) -> datetime | None:
    """Return the first time after `now`, so that what was missed is caught up with once; None for never."""
    if pin.every == Every.NEVER:
        return None
    if pin.every == Every.HOUR:
        return now + timedelta(hours=1)
    zone = ZoneInfo(pin.zone)
    day = now.astimezone(zone).date()
    if pin.every == Every.WEEK:
        day += timedelta(days=(pin.weekday - day.weekday()) % 7)
    # In UTC: in one zone, Python compares what clocks show. An hour that a clock skips is the next one.
    at = datetime.combine(day, time(pin.hour), zone).astimezone(UTC)
    if at > now:
        return at
    day += timedelta(days=7 if pin.every == Every.WEEK else 1)
    return datetime.combine(day, time(pin.hour), zone).astimezone(UTC)
