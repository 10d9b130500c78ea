"""Comments on a run, under it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from playground.exchange.refusal import FieldProblem, InvalidRequestError, RefusedError
from playground.forms.incoming import Shape, shape_of
from playground.forms.posted import unknown
from playground.history import refusals
from playground.history.discussion import discussion
from playground.history.views import if_runs_are_on, run_of
from playground.sharing import comments
from playground.teams.access import member_of
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say
from playground.text.storable import storable


@require_POST
@if_runs_are_on
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Add a comment, or change or delete one, by the button that was clicked."""
    kept, member = run_of(request, key), member_of(request)
    if member is None:
        raise RefusedError(refusals.gone())
    number = number_in(request.POST.get("comment", ""))
    match request.POST.get("change"):
        case "add":
            try:
                comments.add(kept, member, _text(request))
            except comments.TooManyError as error:
                sentence = say(gettext_noop("A run can have at most %(most)s comments."), most=comments.MOST)
                raise InvalidRequestError(FieldProblem("text", sentence)) from error
            done = True
        case "edit":
            done = comments.edit(kept, member, number, _text(request))
        case "delete":
            done = comments.delete(kept, member, number)
        case _:
            raise unknown("change", ("add", "edit", "delete"))
    if not done:
        raise RefusedError(refusals.NO_COMMENT)
    if shape_of(request) is Shape.FRAGMENT:
        return render(
            request, "history/_comments.html", {"shown_run": kept, "open": True, **discussion(request, kept)}
        )
    return HttpResponseRedirect(f"{reverse('run', args=[key])}#comments")


def _text(request: HttpRequest) -> str:
    text = storable(request.POST.get("text", "").replace("\r\n", "\n").strip())
    if not 0 < len(text) <= comments.LONGEST:
        sentence = say(gettext_noop("Enter a text of at most %(most)s characters."), most=comments.LONGEST)
        raise InvalidRequestError(FieldProblem("text", sentence))
    return text
