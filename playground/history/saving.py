"""Hand on one call: a preview, the proof file, HAR and JSONL. And the public key that signs."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.calls.cost import Cost, Estimate
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.history.refusals import no_database
from playground.history.views import if_runs_are_on, result_of_run
from playground.proof import blackout, carried, file, keys
from playground.proof.blackout import BlackoutError
from playground.proof.har import har
from playground.results.present import Code, Result, Shown
from playground.text.sentence import gettext_noop, say
from playground.trouble import why
from playground.web.refusals import refuse

_NAME = re.compile(r"[^a-z0-9.]+")
_NO_KEY = gettext_noop("Try again later. The signing key can’t be read: %(why)s.")
_OLD_PAGE = gettext_noop("Send the request again. The playground has restarted since this page was loaded.")


@dataclass(frozen=True)
class Page:
    """What the file and its preview show of an exchange."""

    exchange: Exchange
    playground: str
    blacked_out: tuple[str, ...] = ()
    recorded_cost: Cost | Estimate | None = Estimate.NOW

    @cached_property
    def result(self) -> Result:
        return Result(self.exchange, recorded_cost=self.recorded_cost)

    @property
    def model(self) -> str:
        return self.exchange.demands.model

    @property
    def fields(self) -> list[tuple[str, Shown]]:
        """The texts of the request beside the messages, such as a system prompt, by their names."""
        prompt = f"{self.exchange.dialect.fields.prompt}."
        return [
            (part.id, Shown.of(part.text))
            for part in blackout.parts(self.exchange)
            if part.id != blackout.ANSWER and not part.id.startswith(prompt)
        ]

    @property
    def messages(self) -> list[tuple[str, Shown, Shown]]:
        """Of each message its role, its text, and the JSON of what is not text."""
        rows = self.exchange.dialect.rows(self.exchange.call.body.get(self.exchange.dialect.fields.prompt))
        return [
            (row.role, Shown.of(row.content), Shown.of_json(dict(row.rest) if row.rest else None))
            for row in rows or []
        ]

    @property
    def code(self) -> Code | None:
        targets = self.exchange.dialect.targets
        target = next((target for target in targets if target.id == "curl"), None)
        return Code(target, target.render(self.exchange.call)) if target else None

    @property
    def sent_text(self) -> Shown:
        return Shown.of(self.exchange.sent.text)


@csrf_exempt  # it changes nothing, and shows only what this server has signed for its page
@require_POST
@gzip_page
def carried_proof(request: HttpRequest) -> HttpResponse:
    """Hand on the call that a page carries in its form."""
    text = request.POST.get("carried", "")
    try:
        exchange = carried.exchange_of(text)
    except carried.CarriedError:
        return render(request, "history/save.html", {"problem": say(_OLD_PAGE)}, status=400)
    return hand_on(request, Result(exchange), carried=text)


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@if_runs_are_on
def run_proof(request: HttpRequest, key: str) -> HttpResponse:
    """Hand on a run."""
    return hand_on(request, result_of_run(request, key))


def hand_on(
    request: HttpRequest,
    result: Result,
    finish: Callable[[Page], HttpResponse | None] | None = None,
    template: str = "history/save.html",
    **further: Any,
) -> HttpResponse:
    """Show what others will see of a call, and what can be blacked out, unless `finish` makes the response.

    By default, it downloads the format of the button that was clicked.
    """
    exchange = result.exchange
    parts, asked = blackout.parts(exchange), request.POST.getlist("black")
    chosen = tuple(part.id for part in parts if part.id in asked)
    page, problem = None, None
    try:
        left = blackout.black_out(exchange, chosen)
        page = Page(left, request.build_absolute_uri("/"), chosen, result.recorded_cost)
        if finished := finish(page) if finish else _downloaded(page, request.POST.get("do", "")):
            return finished
    except (BlackoutError, file.ProofError) as error:
        problem = error.sentence
    except DatabaseError as error:
        problem = say(_NO_KEY, why=why(error))
    context = {
        "problem": problem,
        "parts": parts,
        "chosen": chosen,
        "page": None if problem else page,
        **further,
    }
    return render(request, template, context, status=422 if problem else 200)


def proof_file(page: Page) -> bytes:
    """Return the finished file in the reader's language. Raises `ProofError` or `DatabaseError`."""
    private = keys.signing_key()
    public = private.public_key().public_bytes_raw()
    context = {
        "page": page,
        "fingerprint": keys.fingerprint(public),
        "style": _style(),
        "script": SafeString(file.script(page.exchange, page.playground, page.blacked_out)),
    }
    return file.sealed(render_to_string("history/proof.html", context), public, private.sign)


@cache
def _style() -> SafeString:
    files = [Path(str(finders.find(f"css/{name}.css"))) for name in ("highlight", "answer", "proof")]
    return SafeString("".join(file.read_text(encoding="utf-8") for file in files))


def _as_har(page: Page) -> bytes:
    return json.dumps(har(page.exchange), ensure_ascii=False, indent=2).encode()


def _as_jsonl(page: Page) -> bytes:
    return json.dumps(archive.dump(page.exchange)).encode() + b"\n"


_FORMATS = {
    "proof": (proof_file, "html", "text/html; charset=utf-8"),
    "har": (_as_har, "har", "application/json"),
    "jsonl": (_as_jsonl, "jsonl", "application/jsonl"),
}


def _downloaded(page: Page, do: str) -> HttpResponse | None:
    if do not in _FORMATS:
        return None
    make, ending, kind = _FORMATS[do]
    return download(page, make(page), ending, kind)


def download(page: Page, data: bytes, ending: str, kind: str) -> HttpResponse:
    model = _NAME.sub("-", page.model.lower()).strip("-.")[:60] or "call"
    name = f"{model}-{page.exchange.started:%Y%m%d-%H%M%S}.{ending}"
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def public_key(request: HttpRequest) -> HttpResponse:
    """Tell the public key, for everyone who has a file that claims to be from here."""
    try:
        public = keys.public_key()
    except DatabaseError as error:
        return refuse(request, no_database(error))
    value: dict[str, Any] = {
        "format": file.FORMAT,
        "versions": [file.VERSION],
        "algorithm": keys.ALGORITHM,
        "public_key": public.hex(),
        "fingerprint": keys.fingerprint(public),
    }
    open_to_all = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    return JsonResponse(value, headers=open_to_all)
