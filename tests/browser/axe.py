"""axe, which looks for barriers in a page, or in a frame of one."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Frame, Page

# WCAG 2.2 AA (2.5.8), which axe leaves out unless it is asked.
ALL_RULES = {"rules": {"target-size": {"enabled": True}}}
# A theme changes nothing but colours.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}

# Of what passes nothing is told, which would take as long as looking for it.
_RUN = """async ([context, options]) => {
  const { violations } = await axe.run(context ?? document, { ...options, resultTypes: ["violations"] });
  return { violations };
}"""


def assert_no_barrier(page: Page | Frame, context: str | None = None, **options: Any) -> None:
    """`assert_no_barrier(page, **COLOURS)`: axe's script is loaded once, however often it looks."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(_RUN, [context, options]))
    assert found.violations_count == 0, found.generate_report()


def settle(page: Page | Frame) -> None:
    """Waits until colours have faded in."""
    page.evaluate("""() => Promise.allSettled(
      document.getAnimations().filter((one) => one instanceof CSSTransition).map(({ finished }) => finished)
    ).then(() => {})""")
