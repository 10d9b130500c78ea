"""The playground's URLs, and one that tells whatever it is asked to tell."""

import logging

from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path

from playground.text import typed_key
from playground.urls import handler400
from playground.urls import urlpatterns as _own

__all__ = ["handler400", "urlpatterns"]


def leak(request: HttpRequest, where: str) -> HttpResponseBase:
    key = typed_key.clean(request.headers["X-Key"])
    match where:
        case "page":
            return HttpResponse(f"<p>{key}</p>")
        case "header":
            return HttpResponse(headers={"X-Told": key})
        case "cookie":
            response = HttpResponse()
            response.set_cookie("told", key)
            return response
        case "stream":
            return StreamingHttpResponse([f"<p>{key[:9]}", f"{key[9:]}</p>"])
        case "log":
            logging.getLogger("playground").warning("It is %s.", key)
        case "cache":
            cache.set("told", key)
        case "mail":
            EmailMessage("Told", key, "a@example.org", ["b@example.org"]).send()
        case "database":
            session = SessionStore()
            session["told"] = key + " " * 500  # so that it is compressed
            session.save()
    return HttpResponse()


urlpatterns = [path("leak/<str:where>/", leak), *_own]
