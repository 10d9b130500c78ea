"""URLs of people, with accounts. Of django-allauth's pages, those that work without mail."""

from allauth.account import views as account
from allauth.socialaccount.providers.openid_connect import views as openid
from django.urls import include, path, re_path

from playground.people import session_pages, single_sign_on

urlpatterns = [
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", session_pages.no_password, name="account_set_password"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path(
        "accounts/oidc/<slug:provider_id>/login/",
        single_sign_on.reachable(openid.login),
        name="openid_connect_login",
    ),
    path(
        "accounts/oidc/<slug:provider_id>/login/callback/",
        single_sign_on.reachable(openid.callback),
        name="openid_connect_callback",
    ),
    path("accounts/sso/", include("allauth.socialaccount.urls")),
    path("accounts/sessions/", session_pages.sessions, name="usersessions_list"),
]
