"""Pages of prompts: the list, saving one, one in the playground, its versions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal, RefusedError
from playground.forms import incoming
from playground.forms.headers import headers_text
from playground.forms.incoming import Shape, draft_of, shape_of
from playground.forms.posted import LONGEST_NAME, name_in, unknown
from playground.history.compare import marked
from playground.history.views import form_of, result_of_run
from playground.prompts import keeping, refusals
from playground.prompts.content import Content, draft_in
from playground.prompts.models import Prompt, Version
from playground.teams.access import Action, allows, may_delete_of, member_of
from playground.text import jsontext
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say
from playground.web.options import held_by
from playground.web.page import prefilled, render_page
from playground.web.refusals import refuse, sentences

View = Callable[..., HttpResponseBase]
_LONGEST_SEARCH = 300
_LONGEST_NOTE = 200
_CHANGES = ("rename", "restore", "delete")


def if_prompts_are_on(view: View) -> View:
    """Show a page that says what went wrong if prompts are off or the view raises."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not (settings.CONFIG.accounts or settings.CONFIG.runs):
            return refuse(request, refusals.OFF)
        try:
            return view(request, *arguments, **named)
        except InvalidRequestError as error:
            return refuse(request, refusals.unclear(error))
        except RefusedError as error:
            return refuse(request, error.refusal)
        except Error as error:
            return refuse(request, refusals.no_database(error))

    return checked


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@if_prompts_are_on
def prompts(request: HttpRequest) -> HttpResponse:
    """List the team's prompts. Searches are posted, so that their words stay out of logs."""
    words = request.POST.get("text", "")[:_LONGEST_SEARCH]
    found = keeping.find(words, member_of(request))
    if shape_of(request) is Shape.JSON:
        return JsonResponse({"prompts": [_summary(prompt) for prompt in found]})
    return render(
        request, "prompts/prompts.html", {"prompts": found, "text": words, "saves": _may_save(request)}
    )


@never_cache
@require_safe
@vary_on_headers("Accept")
@gzip_page
@if_prompts_are_on
def prompt(request: HttpRequest, key: str) -> HttpResponse:
    """Show a prompt in the playground, filled in: its latest version, or `?version=`."""
    shown = keeping.named(key, member_of(request))
    version = keeping.version(shown, number_in(request.GET.get("version", ""), shown.latest))
    content = version.content
    if shape_of(request) is Shape.JSON:
        return JsonResponse(_summary(shown) | {"version": version.number, **content.values})
    place = {"provider": content.provider, "base_url": content.base_url, "dialect": content.dialect.id}
    request_text = jsontext.dumps(dict(content.body)).decode()
    form, refusal = prefilled(place | {"request": request_text}, held_by(request))
    form.headers = headers_text(content.headers)
    return render_page(
        request, form, refusal=refusal, shown_prompt=shown, version=version, saves=_may_save(request)
    )


@never_cache
@require_POST
@gzip_page
@if_prompts_are_on
def new(request: HttpRequest) -> HttpResponse:
    """Ask under which name to save the playground's form, or a run's request; then save it."""
    if key := request.POST.get("run"):
        return _ask(request, _of_run(request, key))
    if "request" not in request.POST:
        return _ask(request, Content.of(incoming.read(request).draft))
    content = Content.of(draft_in(request.POST["request"]))
    try:
        saved = _save(request, content)
    except InvalidRequestError as error:
        return _ask(request, content, refusals.unclear(error))
    return HttpResponseRedirect(reverse("prompt", args=[saved.key]))


@never_cache
@require_safe
@gzip_page
@if_prompts_are_on
def versions(request: HttpRequest, key: str) -> HttpResponse:
    """List the versions of a prompt, the latest first, and compare two: `?one=&other=`."""
    member = member_of(request)
    shown = keeping.named(key, member)
    one, other = (number_in(request.GET.get(name, "")) for name in ("one", "other"))
    both = [keeping.version(shown, number) for number in sorted((one, other))] if one and other else []
    chosen = (both[0].number, both[1].number) if both else (max(shown.latest - 1, 1), shown.latest)
    context = {
        "prompt": shown,
        "versions": shown.versions.defer("packed").select_related("person").order_by("-number"),
        "marked": marked(*((_version_name(v), jsontext.pretty(v.content.values)) for v in both))
        if both
        else None,
        "both": both,
        "chosen": chosen,
        "saves": _may_save(request),
        "deletes": member is None or may_delete_of(member, shown.made_by_id),
    }
    return render(request, "prompts/versions.html", context)


@never_cache
@require_POST
@if_prompts_are_on
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Rename a prompt, restore one of its versions, or delete it, by the button that was clicked."""
    member = member_of(request)
    match request.POST.get("change"):
        case "rename":
            keeping.rename(key, name_in(request), member)
        case "restore":
            number = number_in(request.POST.get("version", ""))
            told = gettext("Version %(number)s restored") % {"number": number}
            keeping.restore(key, number, told, member)
        case "delete":
            if member and not may_delete_of(member, keeping.named(key, member).made_by_id):
                raise RefusedError(refusals.NOT_YOURS)
            keeping.delete(key, member)
            return HttpResponseRedirect(reverse("prompts"))
        case _:
            raise unknown("change", _CHANGES)
    return HttpResponseRedirect(reverse("prompt-versions", args=[key]))


@dataclass(frozen=True)
class _Based:
    """The prompt on which the posted form is based, and the version that it was filled from."""

    prompt: Prompt
    number: int

    @property
    def since(self) -> Version | None:
        """The latest version, if somebody else saved it since then."""
        if self.number == self.prompt.latest:
            return None
        return keeping.version(self.prompt, self.prompt.latest)


def _based(request: HttpRequest) -> _Based | None:
    """Read `prompt`, of which the value is its key and the version that was opened."""
    key, _, number = request.POST.get("prompt", "").partition(" ")
    found = Prompt.objects.within(member_of(request)).filter(key=key.replace("\0", "")).first()
    return _Based(found, number_in(number, found.latest)) if found else None


def _of_run(request: HttpRequest, key: str) -> Content:
    exchange = result_of_run(request, key).exchange
    # The form has no order of fields; what was sent does.
    return Content.of(replace(draft_of(form_of(exchange)), body=dict(exchange.call.body)))


def _ask(request: HttpRequest, content: Content, refusal: Refusal | None = None) -> HttpResponse:
    based = _based(request)
    context = {
        "content": content,
        "text": content.text.decode(),
        "based": based,
        "since": based.since if based else None,
        "prompts": Prompt.objects.within(member_of(request)).order_by("name", "pk"),
        "problems": sentences(refusal) if refusal else {},
        "typed": request.POST,
        "longest_name": LONGEST_NAME,
        "longest_note": _LONGEST_NOTE,
    }
    return render(request, "prompts/save.html", context, status=refusal.status if refusal else 200)


def _save(request: HttpRequest, content: Content) -> Prompt:
    member, about = member_of(request), " ".join(request.POST.get("note", "").split())
    if len(about) > _LONGEST_NOTE or "\0" in about:
        raise InvalidRequestError(
            FieldProblem("note", say(gettext_noop("Enter at most %(most)s characters."), most=_LONGEST_NOTE))
        )
    if request.POST.get("as") == "version":
        based = _based(request)
        if based is None:
            raise InvalidRequestError(FieldProblem("prompt", say(gettext_noop("Choose a prompt."))))
        return keeping.save(based.prompt.key, content, about, member)
    return keeping.make(name_in(request), content, about, member)


def _version_name(version: Version) -> str:
    return gettext("Version %(number)s") % {"number": version.number}


def _may_save(request: HttpRequest) -> bool:
    member = member_of(request)
    return member is None or allows(member.role, Action.SEND)


def _summary(prompt: Prompt) -> dict[str, Any]:
    return {
        "id": prompt.key,
        "url": reverse("prompt", args=[prompt.key]),
        "name": prompt.name,
        "model": prompt.model,
        "versions": prompt.latest,
        "changed": prompt.changed.isoformat(),
    }
