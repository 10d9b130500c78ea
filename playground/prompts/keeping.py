"""Save prompts, rename, restore, and delete them; each change is noted in the audit log of its team."""

import zlib
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from playground.exchange.refusal import RefusedError
from playground.prompts import refusals
from playground.prompts.content import Content
from playground.prompts.models import Prompt, Prompts, Version
from playground.teams.audit import note
from playground.teams.models import Kind, Membership, Team
from playground.text.storable import storable

# Of one team.
MOST_PROMPTS = 1_000
MOST_BYTES = 256 * 1024 * 1024
MOST_VERSIONS = 500


@transaction.atomic
def make(name: str, content: Content, about: str, member: Membership | None) -> Prompt:
    """Save a new prompt. Raises `RefusedError` if the team has too many."""
    prompts = _locked(member)
    if prompts.count() >= MOST_PROMPTS:
        raise RefusedError(refusals.FULL)
    made = Prompt(name=name, team=member.team if member else None, made_by=_person(member))
    _add(made, content, about, member)
    _note(Kind.PROMPT_MADE, made, member)
    return made


@transaction.atomic
def save(key: str, content: Content, about: str, member: Membership | None) -> Prompt:
    """Save the next version of a prompt. The same content again, without a note, is no new version.

    Whoever saves at the same time gets the version after it. Raises `RefusedError`.
    """
    _locked(member)
    prompt = named(key, member, lock=True)
    if not about and prompt.versions.get(number=prompt.latest).content.text == content.text:
        return prompt
    if prompt.latest >= MOST_VERSIONS:
        raise RefusedError(refusals.MANY_VERSIONS)
    _add(prompt, content, about, member)
    _note(Kind.PROMPT_CHANGED, prompt, member, version=prompt.latest)
    return prompt


@transaction.atomic
def restore(key: str, number: int, about: str, member: Membership | None) -> Prompt:
    """Save an earlier version again, as the latest. Raises `RefusedError`."""
    return save(key, version(named(key, member), number).content, about, member)


@transaction.atomic
def rename(key: str, name: str, member: Membership | None) -> None:
    prompt = named(key, member, lock=True)
    if name != prompt.name:
        _note(Kind.PROMPT_RENAMED, prompt, member, name=name)
        prompt.name = name
        prompt.save(update_fields=["name"])


@transaction.atomic
def delete(key: str, member: Membership | None) -> None:
    prompt = named(key, member, lock=True)
    _note(Kind.PROMPT_DELETED, prompt, member)
    prompt.delete()


def named(key: str, member: Membership | None, *, lock: bool = False) -> Prompt:
    """Return the prompt, if it belongs to the member's team. Raises `RefusedError`: 404."""
    prompts = Prompt.objects.within(member)
    found = (prompts.select_for_update() if lock else prompts).filter(key=storable(key)).first()
    if found is None:
        raise RefusedError(refusals.GONE)
    return found


def version(prompt: Prompt, number: int) -> Version:
    """Raises `RefusedError`: 404."""
    found = prompt.versions.select_related("person").filter(number=number).first()
    if found is None:
        raise RefusedError(refusals.GONE)
    return found


def find(words: str, member: Membership | None) -> list[Prompt]:
    """Return the prompts in which all words occur, in upper or lower case, the latest changed first.

    Not by the database: SQLite knows upper and lower case of ASCII only, and there are few rows.
    """
    wanted = words.casefold().split()
    prompts = Prompt.objects.within(member).select_related("changed_by").order_by("-changed", "-pk")

    def has(prompt: Prompt) -> bool:
        text = f"{prompt.name}\n{prompt.place}\n{prompt.model}\n{prompt.beginning}".casefold()
        return all(word in text for word in wanted)

    return [prompt for prompt in prompts if has(prompt)]


def _locked(member: Membership | None) -> Prompts:
    """Return the team's prompts, to which nobody else adds until the transaction ends."""
    if member:
        Team.objects.select_for_update(no_key=True).get(pk=member.team_id)
    return Prompt.objects.within(member)


def _add(prompt: Prompt, content: Content, about: str, member: Membership | None) -> None:
    packed = zlib.compress(content.text)
    others = Version.objects.filter(prompt__team=prompt.team)
    if (others.aggregate(all=Sum("size"))["all"] or 0) + len(packed) > MOST_BYTES:
        raise RefusedError(refusals.FULL)
    prompt.latest += 1
    prompt.changed, prompt.changed_by = timezone.now(), _person(member)
    prompt.place = storable(content.place)[:300]
    prompt.model, prompt.beginning = storable(content.model)[:200], storable(content.beginning)[:300]
    prompt.save()
    prompt.versions.create(
        number=prompt.latest,
        made=prompt.changed,
        person=prompt.changed_by,
        note=about,
        size=len(packed),
        packed=packed,
    )


def _person(member: Membership | None) -> Any:
    return member.person if member else None


def _note(kind: Kind, prompt: Prompt, member: Membership | None, **details: Any) -> None:
    if member:
        note(kind, member.team, member.person, prompt.name, **details)
