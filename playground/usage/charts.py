"""Charts as templates draw them in SVG: the shares of bars, with the numbers in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

# Of 100: a bar that is not nothing can be seen.
_LEAST = 1.0
# A bar and the space beside it.
_WIDTH, _APART = 8, 10


@dataclass(frozen=True, slots=True)
class Bar:
    """`size` is 0 to 100, 100 for the largest one."""

    name: str
    text: str
    size: float


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    bars: tuple[Bar, ...]

    @property
    def most(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.size)

    @property
    def width(self) -> int:
        return _APART * len(self.bars)

    @property
    def columns(self) -> SafeString:
        """The bars as columns side by side, 100 high. A template takes ten times as long for hundreds."""
        return format_html_join(
            "",
            '<rect x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>',
            (
                (_APART * place, round(100 - bar.size, 2), _WIDTH, round(bar.size, 2), bar.name, bar.text)
                for place, bar in enumerate(self.bars)
                if bar.size
            ),
        )


def chart(title: str, values: Iterable[tuple[str, int, str]]) -> Chart | None:
    """Return the chart of names with numbers and their texts; None if all numbers are 0."""
    values = list(values)
    most = max((number for _, number, _ in values), default=0)
    if not most:
        return None
    bars = (
        Bar(name, text, max(_LEAST, 100 * number / most) if number else 0) for name, number, text in values
    )
    return Chart(title, tuple(bars))
