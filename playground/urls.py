"""The playground's addresses."""

from django.urls import path

from playground.embed import views as embed
from playground.pages import refusals, views

handler400 = refusals.bad_request

urlpatterns = [
    path("", views.index, name="index"),
    path("send/", views.send, name="send"),
    path("stop/", views.stop, name="stop"),
    path("edit/", views.edit, name="edit"),
    path("snippets/", views.snippets, name="snippets"),
    path("models/", views.models, name="models"),
    path("language/", views.language, name="language"),
    path("docs/", embed.docs, name="docs"),
    path("docs/<path:address>", embed.docs, name="docs_page"),
]
