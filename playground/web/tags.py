"""What the templates need beyond Django's own tags."""

from json import dumps
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from playground.exchange.refusal import Refusal
from playground.text import jsontext
from playground.text.sentence import Sentence
from playground.web import language
from playground.web.highlight import highlight
from playground.web.present import LONGEST_SHOWN
from playground.web.refusals import items
from playground.web.translate import translate

register = template.Library()


@register.filter
def say(sentence: Sentence) -> str:
    """A sentence of the lower rooms in the reader's language."""
    return translate(sentence)


@register.filter
def problems(refusal: Refusal) -> list[dict[str, str]]:
    """What is wrong in which field, for people."""
    return items(refusal)


@register.filter
def translated(message: str) -> str:
    """A text that was marked with `gettext_noop` where it stands."""
    return gettext(message) if message else ""


@register.filter
def get(mapping: dict[str, str], key: str) -> str:
    return mapping.get(key, "")


@register.filter
def json(value: object) -> str:
    """A JSON text; in an attribute the template escapes it like any other."""
    return dumps(value, ensure_ascii=False)


@register.filter
def duration(milliseconds: float | None) -> str:
    """`412 ms`, `3.4 s`"""
    if milliseconds is None:
        return ""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


@register.filter
def highlighted_json(text: str) -> SafeString:
    return highlight(jsontext.indent(text, LONGEST_SHOWN), "json")


@register.simple_tag(takes_context=True)
def address(context: template.Context, name: str) -> str:
    """`{% url %}` for what a page sends, so that it is answered in the page's language."""
    return language.address(context.get("request"), name)


@register.inclusion_tag("_language.html", takes_context=True)
def language_switch(context: template.Context) -> dict[str, Any]:
    """To the page in another language; a form in the page (`form`) keeps what was typed."""
    request = context["request"]
    has_form = "form" in context
    # The playground, a page of the docs, a search in them; all others are errors.
    with_query = any(name in context for name in ("form", "page", "query"))
    addresses = context.get("in_languages") or {}
    return {
        "languages": language.others(request, addresses, with_query=with_query),
        "keeps_form": has_form,
    }


@register.simple_tag(takes_context=True)
def edit_url(context: dict[str, Any]) -> str:
    """Where a button goes that changes the form: a page with a form of its own says so in the request."""
    request = context["request"]
    return language.address(request, getattr(request, "edit_view", "edit"))


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the icons of `static/vendor/lucide/`; the words beside it, or a label, say what it means."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("vendor/lucide/icons.svg"),
        name,
    )
