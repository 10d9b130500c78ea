"""All scheduled tasks, each with how often it runs."""

from datetime import timedelta
from functools import partial

from django.contrib.sessions.backends.db import SessionStore

from playground.database import in_turn
from playground.mail import news
from playground.pinned.replaying import forget_quotes
from playground.pinned.turns import replay_due
from playground.runs.tidy import tidy
from playground.scheduler.due import Task
from playground.sharing import links

TASKS = (
    Task("sessions", timedelta(days=1), lambda: in_turn(SessionStore.clear_expired)),
    Task("links", timedelta(hours=1), lambda: in_turn(links.delete_ended)),
    Task("mail", timedelta(minutes=1), news.tell),
    Task("pinned", timedelta(minutes=1), replay_due),
    Task("quotes", timedelta(hours=1), forget_quotes),
    Task("runs", timedelta(hours=1), partial(tidy, trusting=False)),
)
