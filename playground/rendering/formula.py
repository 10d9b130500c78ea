"""LaTeX as MathML, which browsers draw by themselves."""

from functools import lru_cache
from html import escape
from xml.etree import ElementTree

# In characters. The largest formulas that people write have some hundreds.
MOST_LATEX = 2_000
_MOST_ELEMENTS = 2_000
_DEEPEST = 60
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
# What the converter writes. Everything else could be a link, a style or a script.
_ELEMENTS = frozenset((
    "math", "maligngroup", "malignmark", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn",
    "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt",
    "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
    "none",
))  # fmt: skip
# To a browser, elements in these are HTML. The converter puts the argument of `\mathop` there.
_TOKENS = frozenset(("mi", "mn", "mo", "ms", "mtext"))
_ATTRIBUTES = frozenset((
    "accent", "columnalign", "columnlines", "columnspacing", "depth", "display", "displaystyle",
    "fence", "form", "height", "largeop", "linethickness", "lspace", "mathvariant", "maxsize",
    "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "width",
))  # fmt: skip


@lru_cache(maxsize=500)
def mathml(latex: str, *, display: bool) -> str | None:
    """Return a formula as HTML; None if it cannot be drawn: it is shown as it was written."""
    if len(latex) > MOST_LATEX:
        return None
    from latex2mathml.converter import convert  # takes 25 ms, and most answers have no formula

    try:
        tree = ElementTree.fromstring(convert(latex, display="block" if display else "inline"))  # noqa: S314
    except Exception:  # noqa: BLE001 -- the converter raises what its parts raise: anything
        return None
    if len(list(tree.iter())) > _MOST_ELEMENTS or not _is_safe(tree, _DEEPEST):
        return None
    tree.set("dir", "ltr")  # a formula in Arabic or Hebrew text isn't mirrored
    return _written(tree)


def _is_safe(element: ElementTree.Element, depth: int) -> bool:
    return (
        depth > 0
        and element.tag.removeprefix(_NAMESPACE) in _ELEMENTS
        and _ATTRIBUTES.issuperset(element.keys())
        and all(_is_safe(child, depth - 1) for child in element)
    )


def _written(element: ElementTree.Element) -> str:
    name = element.tag.removeprefix(_NAMESPACE)
    name = "mrow" if name in _TOKENS and len(element) else name
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.items())
    inside = escape(element.text or "") + "".join(_written(child) for child in element)
    return f"<{name}{attributes}>{inside}</{name}>{escape(element.tail or '')}"
