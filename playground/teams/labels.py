"""What a budget is for, in words."""

from playground.teams.models import Budget, Event, Subject
from playground.text.sentence import Sentence, gettext_noop, say

_LABELS = {
    Subject.TEAM: gettext_noop("the whole team"),
    Subject.EACH: gettext_noop("each member"),
    Subject.PERSON: gettext_noop("the member %(name)s"),
    Subject.KEY: gettext_noop("the key %(name)s"),
    Subject.MODEL: gettext_noop("the model %(name)s"),
}


def label(budget: Budget) -> Sentence:
    """Return what a budget is for: the model gpt-6-luna."""
    return _label(budget.subject, name_of(budget))


def about_of(event: Event) -> Sentence:
    """Return what a line of the audit log is about: a name, or a budget."""
    subject = event.details.get("subject")
    return _label(subject, event.about) if subject in Subject.values else say("%(name)s", name=event.about)


def _label(subject: str, name: str) -> Sentence:
    return say(_LABELS[Subject(subject)], **({"name": name} if name else {}))


def name_of(budget: Budget) -> str:
    """Return the name of the person, key, or model that a budget is for."""
    return str(budget.person) if budget.person else budget.name
