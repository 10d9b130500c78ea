"""The pages of runs, as a browser, htmx and a program get them."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from playground.history import views
from playground.history.discussion import sender_of, with_counts
from playground.people.models import User
from playground.runs import keep, search
from playground.runs.models import Run
from playground.runs.tidy import forget
from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer
from tests.web.browser_form import posted
from tests.web.client import post_form, post_json, post_raw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true", "Accept": "text/html"}


@pytest.fixture(autouse=True)
def _runs_are_on() -> None:
    configure(PLAYGROUND_RUNS="1")
    forget()


def _say(client: Client, text: str, **more: Any) -> str:
    request = {"model": "m", "messages": [{"role": "user", "content": text}]} | more.pop("request", {})
    return str(post_json(client, request=request, **more).json()["id"])


def _listed(client: Client, **asked: Any) -> list[str]:
    told = post_raw(client, "/runs/", json.dumps(asked)).json()
    return [run["id"] for run in told["runs"]]


def test_a_call_that_a_person_stopped_is_no_failure(client: Client) -> None:
    key = _say(client, "Hello")
    Run.objects.filter(key=key).update(error="stopped")
    keep.change(key, starred=True)  # which marks it again

    assert _listed(client, status="failed") == _listed(client, status="ok") == []
    assert _listed(client, status="stopped") == [key]
    for asked in ({}, {"aside": ""}):
        page = client.post("/runs/", asked, headers=HTMX).content.decode()
        assert "Stopped" in page
        assert 'class="bad"' not in page


def test_a_program_searches_with_json(client: Client) -> None:
    first, second = _say(client, "Where is the Danube?"), _say(client, "Wo ist die Donau?")
    keep.change(first, starred=True, tags={"river"})

    assert _listed(client) == [second, first]
    assert _listed(client, text="danube") == [first]
    assert _listed(client, starred=True) == _listed(client, tag="river") == [first]
    assert _listed(client, starred=False, model=None, provider="test") == [second, first]
    now = datetime.now(UTC)
    for day in ("%Y-%m-%d", "%Y%m%d", "%G-W%V-%u"):
        assert _listed(client, until=f"{now:{day}}") == [second, first]
    assert _listed(client, since=f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}+00:00") == []


def test_who_sent_the_runs_of_a_page_is_looked_up_at_once(
    client: Client, django_assert_num_queries: Any
) -> None:
    keys = [_say(client, "x") for _ in range(3)]
    for key in keys[1:]:
        Run.objects.filter(key=key).update(
            person=User.objects.create(username=key, email=f"{key}@example.org")
        )
    found = search.find(search.Query())
    configure(PLAYGROUND_RUNS="1", PLAYGROUND_ACCOUNTS="1")

    with django_assert_num_queries(2):  # with the comments
        told = [sender_of(run)["person"] for run in with_counts(found).runs]

    assert told == [f"{keys[2]}@example.org", f"{keys[1]}@example.org", None]


def test_any_time_zone_can_be_searched_with(client: Client) -> None:
    key = _say(client, "x")

    assert _listed(client, since="1900-01-01T00:00:00+23:59", until="2999-12-31T23:59:59-23:59") == [key]


def test_pages_of_json_follow_each_other(client: Client) -> None:
    keys = [_say(client, "x") for _ in range(3)]

    with patch.object(search, "_A_PAGE", 2), patch.object(search.find, "__defaults__", (None, 2)):
        first = post_raw(client, "/runs/", "{}").json()
        second = post_raw(client, "/runs/", json.dumps({"before": first["before"]})).json()

    assert [run["id"] for run in first["runs"] + second["runs"]] == keys[::-1]
    assert second["before"] is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "0001-01-01"}, "until"),
        ({"until": "9999-12-31"}, "until"),
        ({"since": "2026-02-30"}, "since"),
        ({"before": "x"}, "before"),
        ({"before": "9" * 30}, "before"),
        ({"text": ["a"]}, "text"),
        ({"starred": "no"}, "starred"),
        ([], "body"),
    ],
)
def test_an_unreadable_search_is_refused(client: Client, asked: Any, field: str) -> None:
    answer = post_raw(client, "/runs/", json.dumps(asked))

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_words_are_posted_and_never_in_an_address(client: Client) -> None:
    page = client.get("/runs/").content.decode()

    assert 'method="post" action="/runs/"' in page
    assert 'hx-post="/runs/"' in page
    assert client.get("/runs/?text=secret").context["asked"].query.text == ""


def test_typing_gets_the_list_alone_and_older_runs_only_themselves(client: Client) -> None:
    keys = [_say(client, "x") for _ in range(2)]

    found = client.post("/runs/", {"text": "x"}, headers=HTMX).content.decode()
    older = client.post("/runs/", {"text": "x", "before": 10**9}, headers=HTMX).content.decode()

    assert "<form class" not in found
    assert found.count('<li class="run"') == older.count('<li class="run"') == len(keys)
    assert "<ol" in found
    assert "<ol" not in older


def test_an_empty_list_says_what_comes(client: Client) -> None:
    assert 'class="no-runs"' in client.get("/runs/").content.decode()
    _say(client, "x")
    assert 'class="no-runs"' not in client.get("/runs/").content.decode()
    assert 'class="no-runs"' in client.post("/runs/", {"text": "nothing"}).content.decode()


@pytest.mark.parametrize("do", ["star", "unstar"])
def test_a_star_comes_and_goes(client: Client, do: str) -> None:
    key = _say(client, "x")
    keep.change(key, starred=do == "unstar")

    answer = client.post(f"/runs/{key}/change/", {"change": do, "list": ""})

    assert (answer.status_code, answer["Location"]) == (302, f"/runs/#run-{key}")
    assert client.post(f"/runs/{key}/change/", {"change": do}, headers=JSON).status_code == 204
    assert Run.objects.get().starred == (do == "star")


def test_tags_are_saved(client: Client) -> None:
    key = _say(client, "x")

    client.post(f"/runs/{key}/change/", {"change": "tag", "tags": " good  新 good <b> "})

    assert Run.objects.get().tags == "<b> good 新"
    assert _listed(client, tag="新") == [key]
    assert "&lt;b&gt;" in client.get("/runs/").content.decode()


@pytest.mark.parametrize(
    "tags", [" ".join(map(str, range(40))), "x" * 41, " ".join(f"{number:040}" for number in range(20))]
)
def test_tags_that_a_run_has_no_room_for_are_not_left_out_silently(client: Client, tags: str) -> None:
    key = _say(client, "x")
    client.post(f"/runs/{key}/change/", {"change": "tag", "tags": "before"})

    told = client.post(f"/runs/{key}/change/", {"change": "tag", "tags": tags})

    assert told.status_code == 400
    assert "Enter at most 20 different ones of up to 40 characters each" in told.content.decode()
    assert f'value="{tags}"' in told.content.decode()
    program = client.post(f"/runs/{key}/change/", {"change": "tag", "tags": tags}, headers=JSON)
    assert program.status_code == 400
    assert Run.objects.get().tags == "before"


def test_two_chosen_runs_are_compared(client: Client) -> None:
    keys = [_say(client, "x") for _ in range(3)]

    answer = client.post("/runs/selected/", {"change": "compare", "run": keys[:2]})
    with_first = client.post("/runs/selected/", {"change": "compare", "with": keys[0], "run": keys[1]})

    assert answer["Location"] == with_first["Location"] == f"/runs/compare/?run={keys[0]}&run={keys[1]}"
    assert client.get(answer["Location"]).status_code == 200
    for wrong in ([], keys[:1], keys):
        told = client.post("/runs/selected/", {"change": "compare", "run": wrong})
        assert 'role="alert"' in told.content.decode()


def test_deleting_asks_first(client: Client) -> None:
    keys = [_say(client, "x") for _ in range(3)]

    page = client.post("/runs/selected/", {"change": "delete", "run": keys[:2]})
    assert Run.objects.count() == 3
    assert page.content.decode().count('type="hidden" name="run"') == 2

    for no_run in ("", "a/b"):
        asked = client.post("/runs/selected/", {"change": "delete", "run": no_run})
        assert 'href="/runs/">Cancel' in asked.content.decode()

    client.post("/runs/selected/", {"change": "delete", "run": keys[:2], "confirmed": "1"})
    assert _listed(client) == keys[2:]

    assert Run.objects.count() == 1
    client.post("/runs/selected/", {"change": "delete-all"})
    assert Run.objects.count() == 1
    client.post("/runs/selected/", {"change": "delete-all", "confirmed": "1"})
    assert _listed(client, text="x") == []
    assert _say(client, "x") in _listed(client, text="x")


def test_the_result_of_a_call_can_delete_its_run(client: Client) -> None:
    key = _say(client, "x")

    answer = client.post(f"/runs/{key}/change/", {"change": "delete", "confirmed": "1"}, headers=JSON)

    assert answer.status_code == 204
    assert not Run.objects.exists()


def test_an_unkept_call_leaves_nothing(client: Client) -> None:
    page = post_form(client, unkept="on").content.decode()

    assert not Run.objects.exists()
    assert "/runs/compare/?" not in page
    assert 'name="unkept" checked' in page


def test_nothing_offers_to_leave_out_what_is_never_kept(client: Client) -> None:
    configure(PLAYGROUND_RUNS="0")

    assert "unkept" not in client.get("/").content.decode()


def _everything(client: Client, key: str) -> list[HttpResponse]:
    return [
        client.get(f"/runs/{key}/"),
        client.get(f"/runs/{key}/", headers=JSON),
        client.get("/runs/compare/", {"run": [key, key]}),
        client.post(f"/runs/{key}/change/", {"change": "star"}),
        client.post(f"/runs/{key}/change/", {"change": "tag", "tags": "a"}, headers=JSON),
    ]  # type: ignore[return-value]


@pytest.mark.parametrize("key", ["gone", "0" * 32, "x" * 3000, "%00", "é"])
def test_what_is_not_there_is_said(client: Client, key: str) -> None:
    answers = _everything(client, key)

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert answers[1].json()["error"]["kind"] == "no_run"


def test_where_runs_are_off_there_are_none(client: Client) -> None:
    key = _say(client, "x")
    configure(PLAYGROUND_RUNS="0")

    answers = [
        *_everything(client, key),
        client.get("/runs/"),
        client.post("/runs/selected/", {"change": "delete-all", "confirmed": "1"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    "damage",
    [
        {"record": b"no zlib"},
        {"record": b""},
        {"record": b"x\x9cK\xaa\x02\x00\x01\x1a\x00\xb3"},
        "version",
        "dialect",
    ],
)
def test_a_run_that_cannot_be_read_says_so_and_can_be_deleted(client: Client, damage: Any) -> None:
    key = _say(client, "x")
    if isinstance(damage, str):
        from playground.runs import models

        value = Run.objects.get().archive | {damage: "later"}
        damage = {"record": models.zlib.compress(json.dumps(value).encode())}
    Run.objects.update(**damage)

    page = client.get(f"/runs/{key}/")

    assert page.status_code == 200
    assert f'action="/runs/{key}/change/"' in page.content.decode()
    assert client.get(f"/runs/{key}/", headers=JSON).json()["error"]["kind"] == "unreadable_run"
    assert client.get("/runs/compare/", {"run": [key, key]}).status_code == 422
    assert post_form(client, parent=key).status_code == 200
    client.post(f"/runs/{key}/change/", {"change": "delete", "confirmed": "1"})
    assert not Run.objects.filter(key=key).exists()


def test_a_run_of_a_provider_that_left_keeps_its_address(client: Client, upstream: ScriptedUpstream) -> None:
    key = _say(client, "x")
    configure(PLAYGROUND_PROVIDERS="")

    page = client.get(f"/runs/{key}/")

    assert page.context["form"].provider == ""
    assert page.context["form"].base_url == upstream.url
    assert page.context["lost_provider"] == "test"
    recalled = client.get(f"/runs/{key}/", headers=HTMX)
    for shown in (page, recalled):  # the code is that of the call, as it was
        assert "TEST_API_KEY" in shown.content.decode()


def test_a_run_of_a_typed_address_restores_it_without_the_key(
    client: Client, upstream: ScriptedUpstream
) -> None:
    key = _say(client, "x", provider=None, base_url=upstream.url, api_key="sk-typed-canary-1")

    page = client.get(f"/runs/{key}/")

    assert page.context["form"].base_url == upstream.url
    assert not page.context["lost_provider"]
    assert "canary" not in page.content.decode()


def test_a_runs_page_has_the_answer_in_its_row(client: Client) -> None:
    key = _say(client, "x")

    page = client.get(f"/runs/{key}/").content.decode()

    form = posted(page)
    assert form.getlist("content") == ["x", "Hello!", ""]
    assert form.getlist("run") == ["", key, ""]
    assert form["parent"] == key
    question, answer = page.partition('id="messages"')[2].partition("</ol>")[0].split('<li class="turn"')[1:]
    assert 'data-part="panel-answer"' not in question
    assert f'data-run="{key}"' in answer


def test_a_run_that_failed_has_its_error_below_the_messages(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(json_answer({}, 400))
    key = _say(client, "x")

    page = client.get(f"/runs/{key}/").content.decode()

    assert posted(page).getlist("content") == ["x", ""]
    below = page.partition('id="answer"')[2].partition('class="composer-dock"')[0]
    assert f'data-run="{key}"' in below


def test_scripts_get_the_result_of_a_run_alone(client: Client) -> None:
    key = _say(client, "x")

    part = client.get(f"/runs/{key}/", headers=HTMX).content.decode()

    assert "<html" not in part
    assert f'data-run="{key}"' in part
    assert f'href="/runs/{key}/"' in part


def test_a_run_tells_what_it_repeats_and_what_repeats_it(client: Client) -> None:
    first = _say(client, "x")
    second = _say(client, "x", parent=first)

    assert f'href="/runs/{second}/"' in client.get(f"/runs/{first}/").content.decode()
    assert f'href="/runs/{first}/"' in client.get(f"/runs/{second}/").content.decode()
    keep.forget([first])
    assert first[:8] in client.get(f"/runs/{second}/").content.decode()


def test_all_repeats_are_counted_and_the_latest_are_listed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_MOST_RELATED", 2)
    first = _say(client, "x")
    repeats = [_say(client, "x", parent=first) for _ in range(3)]

    context = client.get(f"/runs/{first}/").context

    assert context["repeated"] == 3
    assert [run.key for run in context["repeated_by"]] == repeats[:0:-1]


@pytest.mark.parametrize(
    ("error", "kind"),
    [("no such table: runs_run", "no_database"), ("database or disk is full", "disk_full")],
)
def test_a_database_that_fails_is_said(client: Client, error: str, kind: str) -> None:
    with patch.object(search, "find", side_effect=OperationalError(error)):
        page, told = client.get("/runs/"), client.post("/runs/", {}, headers=JSON)

    assert (page.status_code, told.status_code) == (503, 503)
    assert told.json()["error"]["kind"] == kind


def test_texts_of_any_kind_are_listed_and_compared(client: Client, upstream: ScriptedUpstream) -> None:
    keys = []
    for text in ("<script>zq</script>" * 50, "שלום " * 4000, "x" * 100_000, "\u202e\u0000\t"):
        upstream.reply(completion(text))
        keys.append(_say(client, text))

    page = client.get("/runs/").content.decode()
    assert "<script>zq" not in page
    for one, other in itertools.pairwise(keys):
        compared = client.get("/runs/compare/", {"run": [one, other]})
        assert compared.status_code == 200
        assert "<script>zq" not in compared.content.decode()


def test_facts_of_both_runs_stand_in_one_row(client: Client, upstream: ScriptedUpstream) -> None:
    one = _say(client, "x", request={"temperature": 0})
    upstream.reply(completion("Good day"))
    other = _say(client, "x", request={"temperature": 1})

    compared = client.get("/runs/compare/", {"run": [one, other]}).context["compared"]

    facts = {fact.label: fact for fact in compared.facts}
    assert facts["Model"].same
    assert (facts["temperature"].one, facts["temperature"].other) == ("0", "1")
    assert not compared.sent_the_same
    assert not compared.answers.same
    assert "<del>0</del>" in compared.requests.sides[0].html
    assert "<ins>1</ins>" in compared.requests.sides[1].html


def test_runs_with_other_headers_did_not_send_the_same(client: Client) -> None:
    one, other = (
        _say(client, "x", api_key="sk-own", headers=headers)
        for headers in ({"X-Title": "A"}, {"X-Title": "B", "X-Else": "1"})
    )

    compared = client.get("/runs/compare/", {"run": [one, other]}).context["compared"]

    assert compared.requests.same
    assert not compared.sent_the_same
    facts = {fact.label: (fact.one, fact.other) for fact in compared.facts}
    assert (facts["X-Title"], facts["X-Else"]) == (("A", "B"), ("–", "1"))
