"""URLs of teams, with accounts."""

from django.urls import path

from playground.team_pages import audit, budgets, keys, links, members, tokens

urlpatterns = [
    path("invitations/<str:secret>/", members.invitation, name="invitation"),
    path("teams/", members.teams, name="teams"),
    path("teams/<int:number>/", members.team, name="team"),
    path("teams/<int:number>/change/", members.change, name="team-change"),
    path("teams/<int:number>/keys/", keys.keys, name="team-keys"),
    path("teams/<int:number>/keys/change/", keys.change, name="team-keys-change"),
    path("teams/<int:number>/budgets/", budgets.budget, name="team-budgets"),
    path("teams/<int:number>/budgets/change/", budgets.change, name="team-budgets-change"),
    path("teams/<int:number>/tokens/", tokens.tokens, name="team-tokens"),
    path("teams/left/", budgets.left, name="budget-left"),
    path("teams/<int:number>/links/", links.links, name="team-links"),
    path("teams/<int:number>/audit/", audit.audit, name="team-audit"),
]
