"""What the page offers beside typing: remedies for errors, sliders, drawers, dragging, the cost."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.steps import composer, drawer, last_answer, message, send, settled
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer

LIMITED = json_answer({"error": {"message": "Rate limit reached"}}, 429, Retry_After="1")


def contents(page: Page) -> list[str]:
    values: list[str] = page.locator("#messages [name=content]").evaluate_all(
        "all => all.map(one => one.value)"
    )
    return values


def test_after_the_wait_that_a_provider_wants_it_is_sent_again(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    upstream.reply(LIMITED)
    send(page, "Hello?")
    upstream.reply(completion("At last"))
    wait = page.get_by_role("button", name="Send in 1 s")
    composer(page).fill("the next one")

    with page.expect_response("**/send/"):
        wait.click()
        expect(page.get_by_role("button", name=re.compile("^Sending in"))).to_be_visible()
    settled(page)

    expect(last_answer(page)).to_contain_text("At last")
    assert contents(page) == ["Hello?", "At last"]
    expect(composer(page)).to_have_value("the next one")
    assert [one.json["messages"] for one in upstream.requests] == [
        [{"role": "user", "content": "Hello?"}]
    ] * 2


def test_a_wait_is_called_off_by_a_second_click(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    upstream.reply(json_answer({"error": {"message": "Rate limit reached"}}, 429, Retry_After="60"))
    send(page, "Hello?")
    page.get_by_role("button", name="Send in 60 s").click()
    page.get_by_role("button", name=re.compile("^Sending in 60 s|^Sending in 59 s")).click()

    expect(page.get_by_role("button", name="Send in 60 s")).to_be_visible()
    assert len(upstream.requests) == 1


def test_an_error_leads_to_the_field_that_is_wrong(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test", width=400)
    upstream.reply(json_answer({"error": {"message": "Incorrect API key provided"}}, 401))
    send(page, "Hello?")

    page.get_by_role("button", name="Enter an API key").click()

    expect(page.locator("#settings")).to_be_visible()
    expect(page.locator("#api_key")).to_be_focused()


def test_a_wrong_model_leads_to_the_list_of_models(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    upstream.reply(json_answer({"error": {"message": "x", "code": "model_not_found"}}, 404))
    send(page, "Hello?")
    upstream.reply(json_answer({"data": [{"id": "m-listed"}]}))

    page.get_by_role("button", name="Choose a model").click()
    page.get_by_role("option", name="m-listed").click()

    expect(page.get_by_role("combobox", name="Model")).to_have_value("m-listed")
    assert [one.method for one in upstream.requests] == ["POST", "GET"]


def test_if_asking_again_fails_the_earlier_answer_is_back(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    upstream.reply(completion("First"))
    send(page, "One?")
    upstream.reply(completion("Second"))
    send(page, "Two?")
    upstream.reply(json_answer({"error": {"message": "Overloaded"}}, 503))

    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Regenerate").first.click()

    expect(page.locator("#answer [data-error]")).to_be_visible()
    expect(message(page, 4)).to_have_value("Second")
    assert contents(page) == ["One?", "First", "Two?", "Second"]

    upstream.reply(completion("Another"))
    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Send again").click()
    settled(page)

    assert [message["content"] for message in upstream.requests[-1].json["messages"]] == ["One?"]
    assert contents(page) == ["One?", "Another"]
    page.get_by_role("button", name="Previous version").click()
    expect(message(page, 4)).to_have_value("Second")


def test_versions_outlast_a_reload(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    upstream.reply(completion("First"))
    send(page, "One?")
    upstream.reply(completion("Another"))
    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Regenerate").click()
    expect(page.get_by_text("2/2")).to_be_visible()

    page.reload()
    page.get_by_role("button", name="Previous version").click()

    expect(message(page, 2)).to_have_value("First")
    expect(page.get_by_text("1/2")).to_be_visible()
    page.get_by_role("button", name="Next version").click()
    expect(message(page, 2)).to_have_value("Another")


def test_a_slider_sets_its_number_and_follows_it(open_page: Open) -> None:
    page = open_page("?provider=test")
    slider, number = page.get_by_role("slider", name="temperature"), page.locator("#temperature")
    expect(number).to_have_value("")

    slider.fill("0.7")
    expect(number).to_have_value("0.7")
    expect(page.locator("#result [data-part=codes]")).to_contain_text("temperature=0.7")
    number.fill("1.5")
    expect(slider).to_have_value("1.5")
    number.fill("")
    expect(slider).to_have_value("1")
    expect(page.locator("#result [data-part=codes]")).not_to_contain_text("temperature")


def test_on_a_small_screen_settings_and_inspector_are_drawers(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test", width=360, height=740)
    expect(page.locator("#settings")).to_be_hidden()
    expect(page.locator("#result")).to_be_hidden()
    expect(composer(page)).to_be_in_viewport()

    settings = drawer(page, "settings")
    settings.locator("#model").fill("m-2")
    page.keyboard.press("Escape")
    expect(page.locator("#model-box")).to_be_hidden()
    expect(settings).to_be_visible()
    page.keyboard.press("Escape")
    expect(settings).to_be_hidden()
    expect(page.locator("[data-drawer=settings]")).to_contain_text("m-2")
    send(page, "Hello?")
    assert upstream.requests[-1].json["model"] == "m-2"

    upstream.reply(completion("Seen at once"))
    drawer(page, "settings").locator("#temperature").fill("0.5")
    page.keyboard.press("Enter")
    expect(settings).to_be_hidden()
    expect(last_answer(page)).to_contain_text("Seen at once")

    inspector = drawer(page, "result")
    inspector.get_by_role("tab", name="Raw JSON").click()
    expect(inspector.locator("[data-part=panel-raw]")).to_contain_text("chat.completion")
    page.mouse.click(5, 400)
    expect(inspector).to_be_hidden()
    drawer(page, "result").get_by_role("button", name="Close").click()
    expect(inspector).to_be_hidden()


def test_a_message_is_dragged_by_its_head(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    upstream.reply(completion("First"))
    send(page, "One?")
    heads = page.locator(".turn-head")

    heads.nth(1).drag_to(heads.nth(0), target_position={"x": 300, "y": 1})

    assert contents(page) == ["First", "One?"]
    assert message(page, 1).input_value() == "First"


def test_the_cost_of_the_conversation_is_the_sum_of_its_answers(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page, "One?")
    send(page, "Two?")
    spent = page.locator("[data-spent]")
    expect(spent).to_be_hidden()  # nobody knows this model's price

    # As if it had prices.
    price = """([at, usd]) => {
      document.querySelectorAll('.turn [data-usd]')[at].dataset.usd = usd;
      document.body.dispatchEvent(new Event('playground:placed'));
    }"""
    page.evaluate(price, [0, "0.00012"])
    expect(spent).to_have_text("Conversation cost: ≈ $0.00012 (some prices unknown)")
    page.evaluate(price, [1, "0.0003"])
    expect(spent).to_have_text("Conversation cost: ≈ $0.00042")

    page.reload()
    expect(page.locator("#messages .drawn, #messages [data-message]")).not_to_have_count(0)
    send(page, "Three?")
    page.evaluate(price, [0, "0.0001"])
    expect(spent).to_have_text("Conversation cost: ≈ $0.0001 (some prices unknown)")
