"""The playground's URLs."""

from django.conf import settings
from django.contrib import admin
from django.urls import path

from playground.docs import views as docs
from playground.embeds import frame
from playground.embeds.loader import loader
from playground.history import opening, saving
from playground.history import views as history
from playground.history.export import export
from playground.pinned import views as pinned
from playground.prompts import views as prompts
from playground.web import refusals, views

handler400 = refusals.bad_request

urlpatterns = [
    path("", views.index, name="index"),
    path("send/", views.send, name="send"),
    path("stop/", views.stop, name="stop"),
    path("edit/", views.edit, name="edit"),
    path("snippets/", views.snippets, name="snippets"),
    path("models/", views.models, name="models"),
    path("count/", views.count, name="count"),
    path("detect/", views.detect, name="detect"),
    path("runs/", history.runs, name="runs"),
    path("runs/compare/", history.compare, name="runs-compare"),
    path("runs/selected/", history.selected, name="runs-selected"),
    path("runs/export/", export, name="runs-export"),
    path("runs/<str:key>/", history.run, name="run"),
    path("runs/<str:key>/change/", history.change, name="run-change"),
    path("runs/<str:key>/proof/", saving.run_proof, name="run-proof"),
    path("runs/<str:key>/pin/", pinned.new, name="run-pin"),
    path("pinned/", pinned.pins, name="pins"),
    path("pinned/<int:pin>/", pinned.show, name="pin"),
    path("pinned/<int:pin>/edit/", pinned.edit, name="pin-edit"),
    path("pinned/<int:pin>/change/", pinned.change, name="pin-change"),
    path("prompts/", prompts.prompts, name="prompts"),
    path("prompts/new/", prompts.new, name="prompt-new"),
    path("prompts/<slug:key>/", prompts.prompt, name="prompt"),
    path("prompts/<slug:key>/versions/", prompts.versions, name="prompt-versions"),
    path("prompts/<slug:key>/change/", prompts.change, name="prompt-change"),
    path("proof/", saving.carried_proof, name="proof"),
    path("proof/open/", opening.open_proof, name="proof-open"),
    path(opening.KEY_PATH.removeprefix("/"), saving.public_key, name="public-key"),
    path("language/", views.language, name="language"),
    path("docs/", docs.docs, name="docs"),
    path("docs/<path:address>", docs.docs, name="docs_page"),
    path("embed.js", loader, name="embed.js"),
    path("embed/", frame.frame, name="embed"),
    path("embed/send/", frame.send, name="embed-send"),
    path("embed/stop/", frame.stop, name="embed-stop"),
    path("embed/edit/", frame.edit, name="embed-edit"),
    path("embed/fill/", frame.fill, name="embed-fill"),
    path("embed/snippets/", frame.snippets, name="embed-snippets"),
    path("admin/", admin.site.urls),
]

if settings.CONFIG.accounts:
    from playground.embed_settings.urls import urlpatterns as team_embeds
    from playground.history import comments, public
    from playground.people.urls import urlpatterns as people
    from playground.team_pages.urls import urlpatterns as teams
    from playground.usage.views import show

    urlpatterns += [
        path("runs/<str:key>/link/", public.run_link, name="run-link"),
        path("runs/<str:key>/comments/", comments.change, name="run-comments"),
        path("shared/<str:secret>/", public.shared, name="public-link"),
        path("shared/<str:secret>/proof/", public.shared_file, name="public-link-file"),
        *people,
        *teams,
        *team_embeds,
        path("teams/<int:number>/usage/", show, name="team-usage"),
    ]
