"""URLs of a team's settings and of one's own data, with accounts."""

from django.urls import path

from playground.leaving import views

urlpatterns = [
    path("accounts/data/", views.account, name="account_data"),
    path("teams/<int:number>/settings/", views.settings, name="team-settings"),
    path("teams/<int:number>/settings/change/", views.change, name="team-settings-change"),
    path("teams/<int:number>/export/", views.export_team, name="team-export"),
]
