"""The answers in a form's conversation, as they are read."""

from html import escape

from django.utils.safestring import SafeString

from playground.forms.form import RequestForm
from playground.rendering.answer import LONGEST, Drawing

# In characters: more than this in one element makes a browser stutter.
_LONGEST_SHOWN = 1_000_000


def drawn(form: RequestForm) -> dict[int, SafeString]:
    """Return the form's answers by their position: as Markdown, or as text.

    Each change of the form draws all of them again. So together they have the time and length of one answer,
    and the latest comes first. A form without a composer shows none.
    """
    found, left, drawing = dict[int, SafeString](), LONGEST, Drawing()
    for position, row in reversed(list(enumerate(form.messages))):
        if form.composer is None or row.role != form.dialect.fields.answer or not row.content:
            continue
        left -= len(row.content)
        html = drawing.rendered(row.content) if left >= 0 else None
        text = escape(row.content[:_LONGEST_SHOWN])
        plain = f'<p class="answer-text" dir="auto">{text}</p>'
        found[position] = SafeString(
            plain if html is None else f'<div class="answer-rich" dir="auto">{html}</div>'
        )
    return found
