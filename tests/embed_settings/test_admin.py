"""The admin of embeds: what it shows and changes, and who may use it."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from playground.calls.models import Spent
from playground.embeds import policy, recordings
from playground.embeds.models import Embed, RecordedAnswer
from playground.people.models import User
from tests.embeds.client import BROKEN, make_embed
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer, stream

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

LIST = "/admin/embeds/embed/"
ADD = f"{LIST}add/"
RECORDED = "/admin/embeds/recordedanswer/"
FIELDS = {
    "name": "made-here",
    "active": "on",
    "origins": "https://docs.example.org",
    "provider": "test",
    "api": "chat_completions",
    "request": '{"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}',
    "locked": "model",
    "key": "server",
    "reader_calls_a_day": "20",
    "reader_tokens_a_day": "20000",
    "calls_a_day": "500",
    "tokens_a_day": "200000",
}


@pytest.fixture
def author(client: Client) -> Client:
    """A browser in which an author is logged in."""
    client.force_login(User.objects.create_superuser("author", password="a long password"))
    return client


def _text(answer: Any) -> str:
    return unescape(answer.content.decode())


def _act(author: Client, action: str, *embeds: Embed) -> str:
    chosen = {"action": action, "_selected_action": [embed.pk for embed in embeds]}
    return _text(author.post(LIST, chosen, follow=True))


def _opened(author: Client, embed: Embed) -> dict[str, str]:
    """Return what a browser would post of the unchanged form, with its hidden initial values."""
    form = author.get(f"{LIST}{embed.pk}/change/").context["adminform"].form
    posted = {}
    for field in form:
        value = field.value()
        opened = field.html_initial_name
        posted |= {name: "" if value is None else str(value) for name in (field.html_name, opened)}
        if value is False:
            posted[field.html_name] = ""
    return posted


def _save(author: Client, embed: Embed, opened: dict[str, str] | None = None, **changes: str) -> Any:
    posted = (opened or _opened(author, embed)) | changes
    return author.post(f"{LIST}{embed.pk}/change/", posted, follow=True)


def test_an_embed_is_made_in_the_form(author: Client) -> None:
    answer = author.post(ADD, FIELDS)

    assert answer.status_code == 302, re.findall("errorlist.*", _text(answer))
    embed = Embed.objects.get(name="made-here")
    assert embed.allowed_origins == ["https://docs.example.org"]
    assert embed.locked_names >= {"model"}


def test_the_form_offers_the_catalogue(author: Client) -> None:
    html = _text(author.get(ADD))

    assert '<option value="test">Test</option>' in html
    assert '<option value="openai">OpenAI</option>' in html


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"origins": "https://docs.example.org/page"}, "isn’t a valid origin"),
        ({"origins": "*"}, "isn’t a valid origin"),
        ({"request": "{x}"}, "Invalid JSON"),
        ({"request": "{"}, "The end is missing"),
        (
            {"request": '{"model": "other", "max_tokens": 5, "messages": []}'},
            "messages: Add at least one message",
        ),
        ({"max_tokens": "2000"}, "from 1 to 1,024"),
        ({"tokens_a_day": "10"}, "one call can use that many tokens"),
        ({"locked": "a;b"}, "isn’t a valid field name"),
        ({"locked": "a.b"}, "Lock “a”"),
        ({"locked": "temprature"}, "Did you mean “temperature”"),
        ({"locked": "max_token"}, "Did you mean “max_tokens”"),
        ({"calls_a_day": "many"}, "Enter a whole number"),
        ({"provider": "nobody"}, "Use one of"),
    ],
)
def test_what_cannot_work_is_said_at_the_field(author: Client, changes: dict[str, str], words: str) -> None:
    answer = author.post(ADD, FIELDS | changes)

    assert answer.status_code == 200
    assert words in _text(answer)
    assert not Embed.objects.exists()


@pytest.mark.parametrize(
    ("api", "names"),
    [
        (
            "chat_completions",
            "top_k min_p repetition_penalty reasoning logprobs thinking tool_choice",
        ),
        ("messages", "tools mcp_servers container context_management betas output_format"),
        ("responses", "tools include conversation metadata background stream_options"),
    ],
)
def test_fields_of_some_providers_can_be_locked(api: str, names: str) -> None:
    embed = make_embed()
    embed.provider, embed.api, embed.locked = "openrouter", api, names

    assert policy.vain_locks(names.split(), embed.dialect, embed.request) == []


def test_a_field_of_the_request_can_be_locked_whatever_its_name(author: Client) -> None:
    request = FIELDS["request"].replace("{", '{"users": 3, ', 1)

    assert (
        author.post(ADD, FIELDS | {"locked": "users", "key": "reader", "request": request}).status_code == 302
    )


@pytest.mark.parametrize("field", ["name", "origins", "provider", "api", "request"])
def test_an_empty_field_has_one_error(author: Client, field: str) -> None:
    errors = author.post(ADD, FIELDS | {field: ""}).context["adminform"].form.errors

    assert {name: len(found) for name, found in errors.items()} == {field: 1}


@pytest.mark.parametrize("change", [{"api": "x", "provider": "openai"}, {"provider": "nobody"}])
def test_choices_are_listed_by_the_language(author: Client, change: dict[str, str]) -> None:
    author.cookies["language"] = "zh-hans"

    errors = author.post(ADD, FIELDS | change).context["adminform"].form.errors

    assert " 或 " in errors[next(iter(change))][0]
    assert ", " not in errors[next(iter(change))][0]


def test_the_list_shows_what_each_may_and_has_left(author: Client) -> None:
    embed = make_embed(calls_a_day=10, tokens_a_day=1000, origins="https://a.example https://b.example")
    Spent.objects.create(account=embed.account, day=timezone.now().date(), who="", calls=4, tokens=1500)
    Spent.objects.create(account=embed.account, day=timezone.now().date(), who="r", calls=4, tokens=1500)

    html = _text(author.get(LIST))

    assert "https://a.example<br>https://b.example" in html
    assert "Calls: 4, tokens: 1,500" in html
    assert "Calls: 6, tokens: 0" in html
    assert "Server’s key" in html


def test_the_list_and_its_filters_show_names_not_ids(author: Client) -> None:
    make_embed()

    html = _text(author.get(LIST))

    assert '<td class="field-provider_named">Test</td>' in html
    assert '<td class="field-api_named">Chat Completions</td>' in html
    assert re.search(r'<a href="\?provider=test">\s*Test\b', html)
    assert re.search(r'<a href="\?api=chat_completions">\s*Chat Completions\b', html)


def test_the_list_ends_many_origins(author: Client) -> None:
    make_embed(origins=" ".join(f"https://{number}.example" for number in range(50)))

    html = _text(author.get(LIST))

    assert "https://4.example<br>…</td>" in html
    assert "https://5.example" not in html


def test_an_embeds_page_shows_the_tag_to_paste(author: Client) -> None:
    embed = make_embed()

    tag = unescape(author.get(f"{LIST}{embed.pk}/change/", secure=True).content.decode())

    assert '<script src="https://testserver/embed.js" defer></script>' in tag
    assert '<api-playground embed="hello"></api-playground>' in tag
    assert "api-playground embed" not in _text(author.get(ADD))


def test_the_kill_switch_is_an_action_and_a_field(author: Client) -> None:
    embed, other = make_embed(), make_embed(name="other")

    assert "Turned off 1 embed" in _act(author, "turn_off", embed)
    assert list(Embed.objects.values_list("name", "active")) == [("hello", False), ("other", True)]
    _act(author, "turn_on", embed, other)
    assert Embed.objects.filter(active=True).count() == 2

    _save(author, embed, active="")
    assert not Embed.objects.get(name="hello").active


def test_an_answer_is_recorded_by_an_action(author: Client, upstream: ScriptedUpstream) -> None:
    embed = make_embed()
    upstream.reply(stream({"content": "Hello"}))

    assert "“hello”: answer saved" in _act(author, "record_now", embed)
    assert RecordedAnswer.objects.filter(embed=embed).exists()


def test_what_goes_wrong_in_recording_is_said(
    author: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = make_embed()
    upstream.reply(json_answer({"error": {"message": "<b>no credit</b>"}}, 402))
    html = author.post(LIST, {"action": "record_now", "_selected_action": [embed.pk]}, follow=True)
    assert "“hello”: " in _text(html)
    assert "&lt;b&gt;no credit&lt;/b&gt;" in html.content.decode()

    monkeypatch.delenv("TEST_API_KEY")
    assert "TEST_API_KEY" in _act(author, "record_now", embed)
    assert not RecordedAnswer.objects.exists()


def test_the_detail_shows_the_days_and_leads_to_the_answers(
    author: Client, upstream: ScriptedUpstream
) -> None:
    embed = make_embed()
    Spent.objects.create(account=embed.account, day=timezone.now().date(), who="", calls=3, tokens=77)
    upstream.reply(stream({"content": "<script>alert(1)</script>"}))
    recordings.record(embed)

    html = author.get(f"{LIST}{embed.pk}/change/").content.decode()

    assert "Calls: 3, tokens: 77" in html
    assert f'<a href="{RECORDED}?embed__id__exact={embed.pk}">1</a>' in html


def test_a_recorded_answer_is_shown_as_text(author: Client, upstream: ScriptedUpstream) -> None:
    nasty = "<script>alert(1)</script>"
    upstream.reply(stream({"content": nasty}))
    recordings.record(make_embed(), {"messages": [{"role": "user", "content": nasty}]})
    answer = RecordedAnswer.objects.get()

    for path in (RECORDED, f"{RECORDED}{answer.pk}/change/"):
        html = author.get(path).content.decode()
        assert "&lt;script&gt;alert(1)" in html
        assert "<script>alert" not in html
    assert "data: " in html


def test_what_is_written_past_the_checks_is_text_too(author: Client) -> None:
    embed = make_embed()
    nasty = "</textarea><script>alert(1)</script>"
    Embed.objects.update(origins=nasty, request=nasty, locked=nasty, provider=nasty)

    for path in (LIST, f"{LIST}{embed.pk}/change/"):
        assert "<script>alert" not in author.get(path).content.decode()


# --- who gets in ---


def test_without_a_login_there_is_nothing(client: Client) -> None:
    embed = make_embed()

    for path in ("/admin/", LIST, ADD, f"{LIST}{embed.pk}/change/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
    client.post(LIST, {"action": "turn_off", "_selected_action": [embed.pk]})
    assert Embed.objects.get().active


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    embed = make_embed()
    user = User.objects.create_user("looker", password="a long password", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_embed"))
    client.force_login(user)

    assert client.get(LIST).status_code == 200
    client.post(LIST, {"action": "turn_off", "_selected_action": [embed.pk]})
    assert client.post(ADD, FIELDS).status_code == 403
    assert Embed.objects.get().active


def test_its_forms_need_the_csrf_token(client: Client) -> None:
    user = User.objects.create_superuser("author", password="a long password")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.post(ADD, FIELDS).status_code == 403


# --- its content security policy ---


@pytest.mark.parametrize("path", ["/admin/", LIST, ADD, "/admin/nowhere/", "/admin/login/"])
def test_it_runs_its_own_scripts_only_and_nobody_frames_it(author: Client, path: str) -> None:
    answer = author.get(path)

    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "style-src 'self';" in policy + ";"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/admin/", LIST, ADD])
def test_its_pages_need_no_more_than_the_policy_lets(author: Client, path: str) -> None:
    make_embed()

    html = author.get(path).content.decode()

    assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", html)
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=", html)


def test_a_request_of_the_author_stays_as_it_was_written(author: Client) -> None:
    text = FIELDS["request"].replace('"Hi"', '"é"').replace("{", '{\n  "temperature": 1e-7, ', 1)

    author.post(ADD, FIELDS | {"request": text})

    embed = Embed.objects.get()
    assert embed.request == text
    assert (embed.body["temperature"], embed.body["messages"][0]["content"]) == (1e-7, "é")


# --- a form that was open for a long time ---


def test_a_stale_form_leaves_the_switch_as_others_turned_it(author: Client) -> None:
    embed = make_embed()
    opened = _opened(author, embed)
    _act(author, "turn_off", embed)

    saved = _save(author, embed, opened, max_tokens="60")

    embed.refresh_from_db()
    assert (embed.active, embed.max_tokens) == (False, 60)
    assert any(message.level_tag == "warning" for message in saved.context["messages"])


def test_what_two_people_changed_is_refused_with_what_stands_there_now(author: Client) -> None:
    embed = make_embed()
    opened = _opened(author, embed)
    Embed.objects.update(locked="model", request=embed.request.replace("Hello!", "Theirs"))

    refused = _save(author, embed, opened, request=embed.request.replace("Hello!", "Mine"), n="1")

    errors = refused.context["adminform"].form.errors
    assert list(errors) == ["request"]
    assert "Theirs" in errors["request"][0]
    assert "Mine" in _text(refused)
    embed.refresh_from_db()
    assert (embed.locked, embed.n) == ("model", None)


def test_the_form_is_checked_as_it_would_be_saved(author: Client) -> None:
    """Each change is valid by itself, but both together are not."""
    embed = make_embed(max_tokens=60)
    opened = _opened(author, embed)
    Embed.objects.update(request=embed.request.replace("50", "60"))

    refused = _save(author, embed, opened, max_tokens="55")

    assert refused.context["adminform"].form.errors
    embed.refresh_from_db()
    assert embed.max_tokens == 60


def test_a_form_as_browsers_send_it_changes_nothing_else(author: Client) -> None:
    embed = make_embed(origins="https://a.example https://b.example")
    opened = {name: value.replace("\n", "\r\n") for name, value in _opened(author, embed).items()}
    before = Embed.objects.values().get()

    _save(author, embed, opened, n="2")

    assert Embed.objects.values().get() == before | {"n": 2}


# --- recordings ---


def test_recordings_that_no_longer_match_are_marked_and_removed(
    author: Client, upstream: ScriptedUpstream
) -> None:
    embed = make_embed()
    upstream.reply(stream({"content": "x"}))
    recordings.record(embed, {"seed": 1})
    recordings.record(embed, {"model": "m", "seed": 2})
    Embed.objects.update(request=embed.request.replace("50", "49"))

    assert "2, of which 2 no longer match" in _text(author.get(LIST))
    assert author.get(RECORDED).content.decode().count("icon-no") == 2
    _act(author, "record_now", embed)
    assert "3, of which 2 no longer match" in _text(author.get(LIST))
    _act(author, "forget_stale", embed)
    assert RecordedAnswer.objects.count() == 1


def test_single_recordings_are_removed(author: Client, upstream: ScriptedUpstream) -> None:
    embed = make_embed()
    for seed in range(4):
        recordings.record(embed, {"seed": seed})
    first, *others = RecordedAnswer.objects.values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE embeds_recordedanswer SET archive = '{', tag = '{' WHERE id = %s", [others[1]])

    answer = author.post(f"{RECORDED}{first}/delete/", {"post": "yes"}, follow=True)
    assert answer.redirect_chain == [(RECORDED, 302)]
    assert [*RecordedAnswer.objects.values_list("pk", flat=True)] == others
    assert author.get(f"{LIST}{embed.pk}/change/").status_code == 200

    chosen = {"action": "delete_selected", "_selected_action": others[:2], "post": "yes"}
    author.post(RECORDED, chosen)
    assert [*RecordedAnswer.objects.values_list("pk", flat=True)] == others[2:]


def test_who_may_only_look_removes_no_recording(client: Client, upstream: ScriptedUpstream) -> None:
    recordings.record(make_embed())
    answer = RecordedAnswer.objects.get()
    user = User.objects.create_user("looker", password="a long password", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_embed"))
    client.force_login(user)

    assert client.get(f"{RECORDED}{answer.pk}/change/").status_code == 200
    assert client.post(f"{RECORDED}{answer.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(RECORDED, {"action": "delete_selected", "_selected_action": [answer.pk], "post": "yes"})
    assert RecordedAnswer.objects.exists()


def test_no_page_loads_more_of_the_recordings_than_it_shows(
    author: Client, upstream: ScriptedUpstream
) -> None:
    """A recording can have megabytes, and an embed hundreds of recordings."""
    embed = make_embed()
    recordings.record(embed)
    answer = RecordedAnswer.objects.get()
    RecordedAnswer.objects.update(body=b"x" * 1_000_000)
    removes = {"action": "delete_selected", "_selected_action": [embed.pk]}

    with CaptureQueriesContext(connection) as queries:
        pages = [
            author.get(path)
            for path in (
                *[LIST, f"{LIST}{embed.pk}/change/", f"{LIST}{embed.pk}/delete/"],
                *[RECORDED, f"{RECORDED}{answer.pk}/change/", f"{RECORDED}{answer.pk}/delete/"],
            )
        ]
        pages.append(author.post(LIST, removes))
        _act(author, "forget_stale", embed)

    assert {page.status_code for page in pages} == {200}
    assert max(len(page.content) for page in pages) < 100_000
    column = '"embeds_recordedanswer"."body"'
    assert [query["sql"] for query in queries if column in query["sql"]] == [
        query["sql"] for query in queries if f"SUBSTR({column}, 1, 20001)" in query["sql"]
    ]


def test_an_embed_is_removed_with_its_recordings(author: Client, upstream: ScriptedUpstream) -> None:
    embed = make_embed()
    recordings.record(embed)

    author.post(f"{LIST}{embed.pk}/delete/", {"post": "yes"})

    assert not Embed.objects.exists()
    assert not RecordedAnswer.objects.exists()


def test_the_answer_of_an_embed_that_was_deleted_meanwhile_is_downloaded(
    author: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = make_embed()

    keep = recordings._keep

    def after_it_was_deleted(*values: Any) -> None:
        Embed.objects.all().delete()
        keep(*values)

    monkeypatch.setattr(recordings, "_keep", after_it_was_deleted)
    upstream.reply(completion("Paid for"))

    answer = author.post(LIST, {"action": "record_now", "_selected_action": [embed.pk]})

    assert "attachment" in answer["Content-Disposition"]
    kept = answer.json()["hello"]
    assert kept["completion"]["choices"][0]["message"]["content"] == "Paid for"
    assert "was deleted before the answer could be saved" in _text(author.get(LIST))


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_request_is_shown_and_can_be_mended(author: Client, text: str) -> None:
    embed = make_embed()
    Embed.objects.update(request=text)

    assert author.get(LIST).status_code == 200
    assert author.get(f"{LIST}{embed.pk}/change/").status_code == 200
    assert _act(author, "record_now", embed)
    assert _save(author, embed, request=FIELDS["request"]).redirect_chain
    embed.refresh_from_db()
    assert embed.body["messages"]
