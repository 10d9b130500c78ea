"""People in Django's admin, as Django shows its own users."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from playground.people.models import User

admin.site.register(User, UserAdmin)
