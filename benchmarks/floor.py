"""The floor: one bare Django view that forwards with `requests`, and no more."""

import os

import requests
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="floor", MIDDLEWARE=[])


def forward(request: HttpRequest) -> HttpResponse:
    answer = requests.post(
        os.environ["UPSTREAM"],
        data=request.body,
        headers={"Content-Type": "application/json", "Authorization": "Bearer floor"},
        timeout=60,
    )
    return HttpResponse(answer.content, status=answer.status_code, content_type="application/json")


urlpatterns = [path("", forward)]
application = get_wsgi_application()
