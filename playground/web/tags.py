"""Template tags and filters."""

import re
from functools import cache
from html import escape
from json import dumps
from typing import Any, cast

from django import template
from django.conf import settings
from django.template import Engine, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.template.defaultfilters import truncatechars as django_truncatechars
from django.template.defaulttags import ForNode, do_for
from django.template.loader_tags import IncludeNode, do_include
from django.templatetags.i18n import TranslateNode, do_translate
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from playground import amounts
from playground.exchange.parameter import Parameter
from playground.exchange.record import Exchange
from playground.exchange.refusal import Refusal
from playground.forms.fields import choice_text
from playground.proof.carried import carried as carried_text
from playground.rendering.json_html import json_html
from playground.rendering.nodes import Constant, Included, Together
from playground.rendering.translate import paragraph, spaced, translate
from playground.rendering.turns import with_turns_named
from playground.results import present
from playground.results.present import LONGEST_SHOWN
from playground.runs.keep import saved
from playground.teams.access import Action, allows, member_of
from playground.teams.audit import readable
from playground.text import jsontext
from playground.text.sentence import Sentence
from playground.web import language
from playground.web.refusals import items

register = template.Library()


@register.filter
def say(sentence: Sentence) -> str:
    """Translate a sentence into the reader's language."""
    return translate(sentence)


@register.filter
def may(request: Any, action: str) -> bool:
    """Whether who asks may do this in the team in use; without accounts, everybody may."""
    member = getattr(request, "membership", None)
    return member is None or allows(member.role, Action(action))


@register.tag("translate")
def translate_tag(parser: Parser, token: Token) -> template.Node:
    """Django's tag; most texts are plain."""
    node: TranslateNode = do_translate(parser, token)
    words = token.split_contents()
    is_plain = len(words) == 2 and words[1][0] == words[1][-1] in ("'", '"')
    return Constant(node.render) if is_plain else node


@register.tag("include")
def include_tag(parser: Parser, token: Token) -> template.Node:
    """Django's tag, which looks up a template and sets it up every time."""
    node: IncludeNode = do_include(parser, token)
    is_named = not (node.template.is_var or node.template.filters or node.isolated_context)
    if Engine.get_default().debug or not is_named:
        return node
    return Included(str(node.template.var), node.extra_context)


@register.tag("for")
def for_tag(parser: Parser, token: Token) -> template.Node:
    """Django's tag, which renders what it repeats node by node."""
    node: ForNode = do_for(parser, token)
    if not Engine.get_default().debug:
        node.nodelist_loop = NodeList([Together(cast("NodeList", node.nodelist_loop))])
    return node


@register.filter
def truncatechars(value: object, most: int) -> str:
    """Django's filter, which is slow for texts that are short enough."""
    text = str(value)
    return text if len(text) <= most else django_truncatechars(text, most)


@register.filter
def problems(refusal: Refusal) -> list[dict[str, str]]:
    """List what is wrong with which field."""
    return items(refusal)


@register.filter
def translated(message: str) -> str:
    """Translate a text that is marked with `gettext_noop`."""
    return gettext(message) if message else ""


@register.filter
def get(mapping: dict[str, str], key: str) -> str:
    return mapping.get(key, "")


register.filter("choice_text", choice_text)
register.filter("readable", readable)
register.filter("paragraph", paragraph)
register.filter("with_turns_named", with_turns_named)
register.filter("spaced", spaced, is_safe=True)


@register.filter
def breakable(name: str) -> SafeString:
    """Let a long name break after its underscores and dots."""
    return SafeString(re.sub("[_.]", r"\g<0><wbr>", escape(name)))


@register.filter
def json(value: object) -> str:
    """Serialize as JSON. The template escapes it, as any other text, for use in an attribute."""
    return dumps(value, ensure_ascii=False)


for _format in (amounts.count, amounts.rate, amounts.dollars, amounts.duration, amounts.size):
    register.filter(_format.__name__, _format)


@register.filter
def highlighted_json(text: str) -> SafeString:
    return json_html(jsontext.indent(text, LONGEST_SHOWN))


@register.filter
def bounds(parameter: Parameter) -> tuple[float, float] | None:
    """Return the range of a number that has both ends, for a slider."""
    found: tuple[float, float] | None = getattr(parameter.check, "bounds", None)
    return found


@register.simple_tag(takes_context=True, name="part_id")
def part_id_tag(context: template.Context, *name: object, run: str = "") -> str:
    """Return the id of a part of the current result, `{% part_id "answer" 1 %}`, or of another `run`'s."""
    run = run or _run_of(context)
    return present.part_id(run, _joined(name)) if run else ""


@register.tag("part")
def part_tag(parser: Parser, token: Token) -> template.Node:
    """Write the attributes by which a part of a result is found: its id, and its name within the result.

    A part that belongs to no exchange has only a name.
    """
    return _Part([parser.compile_filter(word) for word in token.split_contents()[1:]])


class _Part(template.Node):
    """A node of its own, because a result has dozens, and a `simple_tag` takes three times as long."""

    def __init__(self, name: list[FilterExpression]) -> None:
        self._name = name
        # Most names have no variable in them.
        self._always = "" if any(word.is_var for word in name) else self._called(template.Context())

    def _called(self, context: template.Context) -> str:
        return escape(_joined(tuple(word.resolve(context) for word in self._name)))

    def render(self, context: template.Context) -> SafeString:
        called, run = self._always or self._called(context), _run_of(context)
        id_ = f'id="{present.part_id(run, called)}" ' if run else ""
        return SafeString(f'{id_}data-part="{called}"')


def _joined(name: tuple[object, ...]) -> str:
    return "-".join(map(str, name))


def _run_of(context: template.Context) -> str:
    if result := context.get("result"):
        return cast("present.Result", result).exchange.id
    return str(context.get("run", ""))


@register.simple_tag(takes_context=True)
def address(context: template.Context, name: str) -> str:
    """Like `{% url %}`, for what a page sends; the response has the page's language."""
    return language.address(context.get("request"), name)


@register.inclusion_tag("_language.html", takes_context=True)
def language_switch(context: template.Context) -> dict[str, Any]:
    """Link to the page in other languages. If it has a form (`form`), what was typed is kept."""
    request = context["request"]
    has_form = "form" in context
    # The playground, a docs page, a docs search; all others are error pages.
    with_query = any(name in context for name in ("form", "page", "query"))
    addresses = context.get("in_languages") or {}
    return {
        "languages": language.others(request, addresses, with_query=with_query),
        "keeps_form": has_form,
    }


@register.simple_tag
def single_sign_on() -> dict[str, str] | None:
    """Return the name and the URL of signing in with an OpenID provider; None if there is none."""
    if not settings.CONFIG.oidc_url:
        return None
    return {"name": settings.CONFIG.oidc_name, "url": reverse("openid_connect_login", args=["sso"])}


@register.simple_tag
def runs_are_saved() -> bool:
    return settings.CONFIG.runs


@register.simple_tag(takes_context=True)
def earlier_runs(context: template.Context) -> set[str]:
    """Return the saved runs of the conversation, but for the answer that the page has with all its facts."""
    if not settings.CONFIG.runs:
        return set()
    rows = {row.run for row in context["form"].messages if row.run and row is not context.get("answered")}
    return saved(rows, member_of(context["request"]))


@register.simple_tag
def runs_link() -> SafeString:
    """Link to the list of runs, which has a link for proof files; if none are saved, to proof files."""
    if not settings.CONFIG.runs:
        return format_html('<a href="{}">{}</a>', reverse("proof-open"), gettext("Proof"))
    return format_html('<a href="{}">{}</a>', reverse("runs"), gettext("Runs"))


@register.filter
def carried(exchange: Exchange) -> str:
    """Return the exchange as a form field, so that a proof file can be made of it; "" if it is too large."""
    return carried_text(exchange)


@register.simple_tag(takes_context=True)
def edit_url(context: dict[str, Any]) -> str:
    """Return the URL of the form's buttons. A view can set `request.edit_view` to use another."""
    request = context["request"]
    return language.address(request, getattr(request, "edit_view", "edit"))


@register.tag
def icon(parser: Parser, token: Token) -> template.Node:
    """Show an icon of `static/vendor/lucide/`. Text beside it, or a label, gives its meaning."""
    name: str = parser.compile_filter(token.split_contents()[1]).var
    return Constant(lambda _: _icon(name))


@cache
def _icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("vendor/lucide/icons.svg"),
        name,
    )
