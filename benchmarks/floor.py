"""The floor: bare Django views that forward with `requests`, and no more."""

import os

import requests
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from playground import config

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="floor",
    MIDDLEWARE=[],
    CONFIG=config.load(),  # gunicorn's worker reads it
)


def forward(request: HttpRequest) -> HttpResponse:
    answer = requests.post(
        os.environ["UPSTREAM"],
        data=request.body,
        headers={"Content-Type": "application/json", "Authorization": "Bearer floor"},
        timeout=60,
    )
    return HttpResponse(answer.content, status=answer.status_code, content_type="application/json")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    answer = requests.post(
        os.environ["UPSTREAM"],
        data=request.body,
        headers={"Content-Type": "application/json", "Authorization": "Bearer floor"},
        stream=True,
        timeout=60,
    )
    return StreamingHttpResponse(answer.iter_content(chunk_size=None), content_type="text/event-stream")


urlpatterns = [path("", forward), path("stream", stream)]
application = get_wsgi_application()
