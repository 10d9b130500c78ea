"""Django's template nodes with less work. What they render is the same.

A fragment has hundreds of nodes, most of which are constant in a language: text, translated text, icons. They
are joined the first time, together with those of included templates, so that later only what varies is
rendered. In debug mode nothing is joined: errors name the place in the template, and Django reads a template
again when its file changes.
"""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any

from django.template import Context, Engine, Node, NodeList, Variable
from django.template.base import FilterExpression, TextNode, VariableNode, render_value_in_context
from django.utils.safestring import SafeString
from django.utils.translation import trans_real

# Constant text, or what renders the rest.
_Part = str | Callable[[Context], str]


class Constant(Node):
    """A node that renders the same each time, but for the language."""

    def __init__(self, render: Callable[[Context], str]) -> None:
        self._render = render

    def render(self, context: Context) -> str:
        return self._render(context)


class Included(Node):
    """A template that is included by its name, and looked up once.

    It gets no state of its own for `cycle` and `ifchanged`.
    """

    def __init__(self, name: str, values: dict[str, FilterExpression]) -> None:
        self._name, self.values = name, values
        self._nodes: NodeList | None = None

    @property
    def nodes(self) -> NodeList:
        if self._nodes is None:
            self._nodes = Engine.get_default().get_template(self._name).nodelist
        return self._nodes

    def render(self, context: Context) -> SafeString:
        context.dicts.append({name: value.resolve(context) for name, value in self.values.items()})
        try:
            return self.nodes.render(context)
        finally:
            context.dicts.pop()


class Together(Node):
    """Nodes that Django would render one by one."""

    def __init__(self, nodes: NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: Context) -> SafeString:
        return self.nodelist.render(context)


def install() -> None:
    """Call this before the first rendering. Fails if Django has renamed what is replaced."""
    for kind, name, with_less_work in (
        (NodeList, "render", _render),
        (VariableNode, "render", _render_variable),
        (FilterExpression, "resolve", _resolve),
        (Variable, "_resolve_lookup", _look_up),
    ):
        getattr(kind, name)
        setattr(kind, name, with_less_work)


_django_render = NodeList.render
_django_resolve = FilterExpression.resolve
_django_look_up = Variable._resolve_lookup  # type: ignore[attr-defined]


def _render(self: Any, context: Context) -> str:
    language = trans_real.catalog()
    try:
        parts = self.parts[language]
    except (AttributeError, KeyError):
        if context.template is None or context.template.engine.debug:
            return _django_render(self, context)
        parts = _joined(_parts(self, context))
        self.__dict__.setdefault("parts", {})[language] = parts
    if parts.__class__ is SafeString:
        return parts
    return SafeString("".join([part if part.__class__ is str else part(context) for part in parts]))


def _parts(nodes: NodeList, context: Context) -> Iterator[_Part]:
    for node in nodes:
        if isinstance(node, TextNode):
            yield node.s
        elif isinstance(node, Constant):
            yield str(node.render(context))
        elif isinstance(node, Included) and not node.values:
            yield from _parts(node.nodes, context)
        else:
            yield node.render


def _joined(parts: Iterable[_Part]) -> list[_Part] | SafeString:
    joined: list[_Part] = [""]
    for part in parts:
        if callable(part):
            joined.append(part)
        elif isinstance(joined[-1], str):
            joined[-1] += "".join(part)  # no `SafeString`
        else:
            joined.append("".join(part))
    return SafeString(joined[0]) if len(joined) == 1 else joined


def _render_variable(self: VariableNode, context: Context) -> str:
    try:
        value = self.filter_expression.resolve(context)
    except UnicodeDecodeError:
        return ""
    if context.autoescape:
        if value.__class__ is SafeString:
            return value
        if value.__class__ is str:
            return escape(value)
    return render_value_in_context(value, context)


def _resolve(self: Any, context: Context, ignore_failures: bool = False) -> object:
    if self.is_var and not self.filters and not self.var.translate and self.var.lookups:
        value = _plain(self.var.lookups, context)
        if value is not _not_plain:
            return value
    return _django_resolve(self, context, ignore_failures)


def _look_up(self: Any, context: Context) -> object:
    value = _plain(self.lookups, context)
    return _django_look_up(self, context) if value is _not_plain else value


_not_plain = object()


def _plain(names: tuple[str, ...], context: Context) -> object:
    """Look up keys of dicts and attributes, as in `answer.text`. All else is left to Django."""
    try:
        for values in reversed(context.dicts):
            if names[0] in values:
                value = values[names[0]]
                break
        else:
            return _not_plain
        for name in names[1:]:
            if type(value) is dict:
                value = value[name]
            elif callable(value) or hasattr(type(value), "__getitem__"):
                return _not_plain
            else:
                value = getattr(value, name)
    except Exception:  # noqa: BLE001 -- Django decides what it means
        return _not_plain
    return _not_plain if callable(value) else value
