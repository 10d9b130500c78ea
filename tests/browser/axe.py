"""axe, which finds accessibility barriers in a page or a frame."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Frame, Page

# WCAG 2.2 AA (2.5.8), which axe skips by default.
ALL_RULES = {"rules": {"target-size": {"enabled": True}}}
# A theme changes only colors.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}

# axe reports only what fails: to report the rest takes as long as to find it. It loads only media in advance:
# no rule that is on needs the style sheets.
_RUN = """async ([context, options]) => {
  const cost = { resultTypes: ["violations"], preload: { assets: ["media"] } };
  const { violations } = await axe.run(context ?? document, { ...options, ...cost });
  return { violations };
}"""


def assert_no_barrier(page: Page | Frame, context: str | None = None, **options: Any) -> None:
    """Run axe: `assert_no_barrier(page, **COLOURS)`. Its script is loaded once for a page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(_RUN, [context, options]))
    assert found.violations_count == 0, found.generate_report()


def settle(page: Page | Frame) -> None:
    """Wait until colors have faded in."""
    page.evaluate("""() => Promise.allSettled(
      document.getAnimations().filter((one) => one instanceof CSSTransition).map(({ finished }) => finished)
    ).then(() => {})""")
