"""The playground's URLs, and some that fail with the request's content in the exception's message."""

import threading
from collections.abc import Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from playground.urls import handler400
from playground.urls import urlpatterns as _own

__all__ = ["handler400", "urlpatterns"]


class SomeError(Exception):
    pass


def _fail(text: str) -> None:
    try:
        raise LookupError(text)
    except LookupError as error:
        raise SomeError(text) from error


def view(request: HttpRequest) -> None:
    _fail(f"{request.GET} {request.headers}")


def unreadable(request: HttpRequest) -> None:
    raise BadRequest(f"{request.GET} {request.headers}")


def midway(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        yield "begun"
        _fail(f"{request.GET} {request.headers}")

    return StreamingHttpResponse(parts())


def header(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"X-Query": f"\x01{request.GET}"})


def thread(request: HttpRequest) -> HttpResponse:
    other = threading.Thread(target=_fail, args=[f"{request.GET} {request.headers}"])
    other.start()
    other.join()
    return HttpResponse()


urlpatterns = [
    path("view/", view),  # type: ignore[arg-type]
    path("unreadable/", unreadable),  # type: ignore[arg-type]
    path("midway/", midway),
    path("header/", header),
    path("thread/", thread),
    *_own,
]
