"""People in Django's admin, shown like Django's own users."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from playground.people.models import User

if settings.CONFIG.accounts:
    from allauth.account.decorators import secure_admin_login

    # Its own form asks for no second factor, and counts no attempts for each account.
    admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # it takes none at run time
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """With accounts, `manage.py people delete` also deletes what is theirs, and their name."""
        return not settings.CONFIG.accounts and super().has_delete_permission(request, obj)
