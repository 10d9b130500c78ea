"""People in Django's admin, shown like Django's own users."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from playground.people.models import User

admin.site.register(User, UserAdmin)
