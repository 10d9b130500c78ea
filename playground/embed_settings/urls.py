"""URLs of teams' embeds, with accounts."""

from django.urls import path

from playground.embed_settings import pages

urlpatterns = [
    path("teams/<int:number>/embeds/", pages.embeds, name="team-embeds"),
    path("teams/<int:number>/embeds/new/", pages.new, name="team-embed-new"),
    path("teams/<int:number>/embeds/<slug:name>/", pages.embed, name="team-embed"),
    path("teams/<int:number>/embeds/<slug:name>/change/", pages.change, name="team-embed-change"),
]
