"""Versions of a conversation, and what is shown of it when things happen at the same time."""

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.steps import composer, last_answer, message, send, settled, tab
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, json_answer, token

MESSAGES = "#messages [data-message]"


def _regenerate(page: Page, number: int = -1) -> None:
    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Regenerate").nth(number).click()
    settled(page)


def test_undo_brings_back_the_version_it_was_and_loses_no_other(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page)
    upstream.reply(completion("Another one"))
    tab(page, "Raw JSON")
    _regenerate(page)
    expect(page.get_by_role("tab", name="Raw JSON")).to_have_attribute("aria-selected", "true")
    page.get_by_label("Actions for message 1").click()
    page.get_by_label("Delete message 1").click()
    page.get_by_role("button", name="Previous version").click()
    expect(message(page, 1)).to_have_value("Hello!")

    page.locator("[data-undo-note] button").click()

    expect(page.locator(MESSAGES)).to_have_count(2)
    expect(message(page, 2)).to_have_value("Another one")
    expect(page.locator("[data-version-number]:visible")).to_have_text("2/2")
    page.get_by_role("button", name="Previous version").click()
    expect(message(page, 2)).to_have_value("Hello!")
    page.get_by_role("button", name="Next version").click()
    expect(message(page, 2)).to_have_value("Another one")


def test_an_answer_that_is_asked_for_again_in_vain_is_the_one_before(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page)
    upstream.reply(completion("Another one"))
    _regenerate(page)
    page.get_by_role("button", name="Previous version").click()
    expect(message(page, 2)).to_have_value("Hello!")
    upstream.reply(json_answer({"error": {"message": "no"}}, 500))

    _regenerate(page)

    expect(message(page, 2)).to_have_value("Hello!")
    expect(page.locator("[data-version-number]:visible")).to_have_text("1/2")


def test_an_answer_that_is_asked_for_again_stays_if_the_playground_is_out_of_reach(open_page: Open) -> None:
    page = open_page("?provider=test")
    send(page)
    for path in ("**/send/", "**/edit/"):
        page.route(path, lambda route: route.fulfill(status=502, body="", content_type="text/html"))

    _regenerate(page)

    expect(page.locator("#answer [data-error=playground]")).to_be_visible()
    expect(message(page, 2)).to_have_value("Hello!")
    page.unroute_all()
    page.reload()
    expect(message(page, 2)).to_have_value("Hello!")


def test_a_reload_while_an_answer_is_asked_for_again_loses_neither_it_nor_what_is_being_written(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page)
    composer(page).fill("next")
    gate = Paused(b"")
    upstream.reply(gate)
    page.get_by_role("button", name="Regenerate").click()
    expect(page.locator("#stop-sending")).to_be_visible()

    page.reload()
    gate.go.set()

    expect(page.locator(MESSAGES)).to_have_count(2)
    expect(message(page, 2)).to_have_value("Hello!")
    upstream.reply(completion())
    send(page)
    assert [message["content"] for message in upstream.requests[-1].json["messages"]][-1] == "next"


def test_what_is_asked_for_again_during_a_change_waits_for_it(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    held: list[Route] = []
    page = open_page("?provider=test")
    send(page)
    composer(page).fill("next")
    page.route("**/edit/", lambda route: held.append(route), times=1)
    page.locator(".edit summary:visible").first.click()
    page.locator("#messages [name=content]").first.fill("Hello again!")
    with page.expect_request("**/edit/"):
        page.locator(".edit summary:visible").first.click()

    page.get_by_role("button", name="Regenerate").dblclick()
    assert len(upstream.requests) == 1
    with page.expect_response("**/send/"):
        held[0].continue_()
    settled(page)

    assert len(upstream.requests) == 2
    assert [one["content"] for one in upstream.requests[-1].json["messages"]] == ["Hello again!"]
    expect(composer(page)).to_have_value("next")
    page.locator("#send").click()
    settled(page)
    assert upstream.requests[-1].json["messages"][-1]["content"] == "next"


def test_an_answer_joins_only_the_conversation_that_it_answers(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    gate = Paused(STREAM_HEAD + token("for the first"))
    upstream.reply(gate)
    page = open_page("?provider=test")
    page.locator("#send").click()
    expect(last_answer(page)).to_contain_text("for the first")

    page.locator("header [value=clear]").click()
    expect(page.locator(MESSAGES)).to_have_count(0)
    gate.go.set()
    expect(page.locator("#stop-sending")).to_be_hidden()

    expect(page.locator("#answer")).to_contain_text("for the first")
    expect(page.locator(MESSAGES)).to_have_count(0)
    page.get_by_role("button", name="Add to conversation").click()
    expect(message(page, 1)).to_have_value("for the first")


def test_a_new_conversation_shows_nothing_of_the_last_one(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    upstream.reply(json_answer({"error": {"message": "secret words"}}, 500))
    page = open_page("?provider=test")
    send(page)
    tab(page, "Raw JSON")
    expect(page.locator("#result")).to_contain_text("secret words")

    page.locator("header [value=clear]").click()

    expect(page.locator("#start")).to_be_visible()
    expect(page.get_by_text("secret words")).to_have_count(0)
    expect(page.get_by_role("tab", name="Code")).to_have_attribute("aria-selected", "true")


def test_a_message_whose_role_or_json_is_changed_is_no_answer_any_more(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page)
    expect(last_answer(page)).to_be_visible()
    page.get_by_label("Actions for message 2").click()
    page.locator(".turn-menu[open] [data-unfold]").click()
    page.get_by_label("More fields of message 2 as JSON").fill('{"name": "other"}')

    expect(page.locator("#messages [data-part=panel-answer]")).to_have_count(0)
    expect(page.locator("#messages [name=run]").nth(1)).to_have_value("")

    send(page, "again")
    page.get_by_label("Role of message 4").select_option("user")
    expect(page.locator("#messages [name=run]").nth(3)).to_have_value("")


def test_the_code_of_an_answer_is_that_of_its_own_request(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    gate = Paused(STREAM_HEAD + token("one"))
    upstream.reply(gate)
    page = open_page("?provider=test")
    send_text = "first question"
    composer(page).fill(send_text)
    page.keyboard.press("Control+Enter")
    expect(last_answer(page)).to_contain_text("one")
    composer(page).fill("typed meanwhile")
    page.keyboard.press("Control+Enter")  # nothing is sent twice
    gate.go.set()
    settled(page)
    upstream.reply(completion("two"))
    send(page)
    tab(page, "Code")

    page.locator("#messages [data-part=answer-1]").first.click()

    code = page.locator("[data-part=codes]")
    expect(code).to_contain_text(send_text)
    expect(code).not_to_contain_text("typed meanwhile")
    composer(page).fill("what comes next")
    expect(code).to_contain_text("what comes next")
    page.locator("#messages [data-part=answer-1]").first.click()
    expect(code).to_contain_text(send_text)
    expect(code).not_to_contain_text("what comes next")
    expect(code).not_to_contain_text("typed meanwhile")


def test_what_is_typed_while_a_version_is_shown_stays(open_page: Open, upstream: ScriptedUpstream) -> None:
    held: list[Route] = []
    page = open_page("?provider=test")
    send(page)
    upstream.reply(completion("Another one"))
    _regenerate(page)
    page.route("**/edit/", lambda route: held.append(route), times=1)
    with page.expect_request("**/edit/"):
        page.get_by_role("button", name="Previous version").click()

    composer(page).fill("typed meanwhile")
    held[0].continue_()

    expect(message(page, 2)).to_have_value("Hello!")
    expect(composer(page)).to_have_value("typed meanwhile")


def test_what_is_typed_while_a_new_conversation_begins_stays(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    held: list[Route] = []
    page = open_page("?provider=test")
    send(page)
    page.route("**/edit/", lambda route: held.append(route), times=1)
    with page.expect_request("**/edit/"):
        page.locator("header [value=clear]").click()

    composer(page).fill("typed meanwhile")
    page.locator("#send").click()
    with page.expect_response("**/send/"):
        held[0].continue_()
    settled(page)

    assert upstream.requests[-1].json["messages"] == [{"role": "user", "content": "typed meanwhile"}]
