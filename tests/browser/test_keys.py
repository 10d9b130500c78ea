"""Providers, their keys and their models in a browser."""

from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from playground.catalogue.providers import catalogue
from tests.browser.conftest import Open
from tests.browser.steps import composer, last_text, message, send, send_by_keys
from tests.upstreams.scripted import Paused, ScriptedUpstream, json_answer, models

# --- providers and models ---


def test_a_provider_brings_its_model_and_its_state(open_page: Open) -> None:
    page = open_page("?provider=test")

    page.get_by_label("Provider", exact=True).select_option("openai")

    expect(page.get_by_label("Model", exact=True)).to_have_value(catalogue()["openai"].models[0])
    expect(page.locator("#provider-state")).to_contain_text("set OPENAI_API_KEY")
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    expect(page.locator("#provider-state")).to_contain_text("Ready · uses the key below")
    expect(page.get_by_label("Base URL")).to_be_hidden()
    page.get_by_label("Provider", exact=True).select_option("")
    expect(page.get_by_label("Base URL")).to_be_visible()


def test_a_retired_model_is_replaced_by_one_click_or_by_another_provider(open_page: Open) -> None:
    page = open_page("?provider=openai&request=" + quote('{"model": "gpt-4"}'))
    model, notice = page.get_by_label("Model", exact=True), page.locator("#outdated")

    notice.get_by_role("button").click()

    expect(model).to_have_value(catalogue()["openai"].models[0])
    expect(notice).to_be_empty()

    page = open_page("?provider=openai&request=" + quote('{"model": "gpt-4"}'))
    page.get_by_label("Provider", exact=True).select_option("gemini")
    expect(page.get_by_label("Model", exact=True)).to_have_value(catalogue()["gemini"].models[0])
    expect(page.locator("#outdated")).to_be_empty()


def test_a_model_that_was_typed_stays(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_label("Model", exact=True).fill("my-own")

    page.get_by_label("Provider", exact=True).select_option("openai")

    expect(page.get_by_label("Model", exact=True)).to_have_value("my-own")


def options(page: Page) -> Locator:
    return page.locator("#models").get_by_role("option")


def test_the_model_box_lists_by_itself(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("m-listed", "m-other"))
    page = open_page("?provider=test")
    model = page.get_by_role("combobox", name="Model")

    model.click()
    expect(options(page)).to_have_text(["m-listed", "m-other"])
    expect(model).to_have_attribute("aria-expanded", "true")
    options(page).first.click()

    expect(model).to_have_value("m-listed")
    expect(model).to_be_focused()
    expect(page.locator("#model-box")).to_be_hidden()
    model.fill("other")
    expect(options(page)).to_have_text(["m-other"])
    model.fill("m-typed")
    expect(page.locator("[data-part=code-python]")).to_contain_text("m-typed")
    page.get_by_label("API key").click()
    expect(page.locator("#model-box")).to_be_hidden()
    assert [request.method for request in upstream.requests] == ["GET"]


def test_the_model_box_is_used_with_the_keyboard(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("m-first", "m-listed", "m-other"))
    page = open_page("?provider=test")
    model = page.get_by_role("combobox", name="Model")
    chosen = page.locator("#models [data-active]")
    model.focus()
    expect(page.locator("#model-box")).to_be_hidden()  # going through the form asks for nothing
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(3)

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_text("m-listed")
    expect(model).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    page.keyboard.press("Enter")
    expect(model).to_have_value("m-listed")
    expect(page.locator("#model-box")).to_be_hidden()

    page.keyboard.press("ArrowUp")  # it opens where the model is
    expect(chosen).to_have_text("m-listed")
    page.keyboard.press("Escape")
    expect(page.locator("#model-box")).to_be_hidden()
    assert len(upstream.requests) == 1  # nothing was sent, and the list is not asked for again


def test_another_key_can_have_other_models(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=openai")
    model = page.get_by_role("combobox", name="Model")
    model.click()
    expect(options(page).first).to_be_visible()  # those that are suggested: there is no key yet
    expect(model).to_be_focused()
    page.get_by_label("Provider", exact=True).select_option("test")

    for key, name in [("sk-one", "m-one"), ("sk-two", "m-two")]:
        upstream.reply(models(name))
        page.get_by_label("API key").fill(key)
        model.click()
        expect(options(page)).to_have_text([name])
    page.get_by_label("Provider", exact=True).focus()
    for provider in ("openai", "test"):
        page.get_by_label("Provider", exact=True).select_option(provider)
    model.click()
    expect(options(page)).to_have_text(["m-two"])

    upstream.reply(slow := Paused(b""))
    page.get_by_label("API key").fill("sk-slow")
    model.click()
    assert slow.started.wait(10)
    upstream.reply(models("m-quick"))
    page.get_by_label("API key").fill("sk-quick")
    model.click()
    expect(options(page)).to_have_text(["m-quick"])

    upstream.reply(json_answer({"error": {"message": "No such key."}}, 401))
    page.get_by_label("API key").fill("sk-three")
    model.click()
    expect(page.locator("#models")).to_contain_text("No such key.")
    expect(model).to_be_focused()


def test_a_base_url_that_a_link_brings_is_not_asked_by_a_click(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    upstream.reply(models("m-listed"))
    page = open_page(f"?base_url={quote(upstream.url)}")
    model, base = page.get_by_role("combobox", name="Model"), page.get_by_label("Base URL")
    expect(base).to_have_value(upstream.url)

    model.click()
    model.press_sequentially("m")
    base.click()
    assert upstream.requests == []

    base.fill(upstream.url)
    model.click()
    model.fill("")
    expect(options(page)).to_have_text(["m-listed"])
    assert len(upstream.requests) == 1


def test_a_long_list_of_models_is_filtered(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(models(*(f"maker/model-{number}" for number in range(1500))))
    page = open_page("?provider=test")
    page.get_by_role("button", name="List models").click()
    listed = options(page)
    status = page.locator("#models").get_by_role("status")
    expect(listed).to_have_count(1000)
    expect(status).to_contain_text("1,500")

    page.get_by_label("Model", exact=True).fill("MODEL maker")
    expect(status).to_contain_text("first 1,000 of 1,500")
    page.get_by_label("Model", exact=True).fill("Model 1499")

    expect(listed).to_have_count(1)
    expect(status).to_have_text("1 of 1,500 models match.")
    expect(page.get_by_label("Model", exact=True)).to_be_focused()
    listed.click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("maker/model-1499")
    composer(page).focus()
    page.get_by_label("Model", exact=True).click()
    page.keyboard.type("nobody's")  # in place of the one that was chosen
    expect(page.get_by_label("Model", exact=True)).to_have_value("nobody's")
    expect(status).to_have_text("0 of 1,500 models match.")
    expect(page.locator(".model-list")).to_be_hidden()
    page.get_by_label("Model", exact=True).fill("")
    expect(listed).to_have_count(1000)
    assert [request.method for request in upstream.requests] == ["GET"]


def test_models_without_a_key_mark_the_key_field(open_page: Open) -> None:
    page = open_page("?provider=openai")

    page.get_by_role("button", name="List models").click()

    expect(page.get_by_label("API key")).to_be_focused()
    expect(page.locator("#api_key-error")).to_contain_text("OPENAI_API_KEY")


def test_listing_after_a_refusal_says_it_once(open_page: Open) -> None:
    page = open_page("?provider=openai")
    page.locator("#send").click()
    error = page.locator("#api_key-error")
    expect(error).to_contain_text("OPENAI_API_KEY")
    once = error.inner_text()

    for _ in range(2):
        with page.expect_response("**/models/"):
            page.get_by_role("button", name="List models").click()
        expect(page.locator("#models")).not_to_contain_text("OPENAI_API_KEY")

    assert error.inner_text() == once


# --- keys ---


def test_a_typed_key_takes_the_place_of_the_servers(open_page: Open) -> None:
    page = open_page("?provider=test")
    expect(page.locator("#provider-state")).to_contain_text("server’s key")

    page.get_by_label("API key").fill("sk-typed-in-the-page")

    expect(page.locator("#provider-state")).to_contain_text("Ready · uses the key below")


def test_the_key_does_not_travel_for_code(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-typed-in-the-page")

    with page.expect_request("**/snippets/") as request:
        message(page, 1).fill("changed")

    assert "sk-typed" not in (request.value.post_data or "")


def test_a_key_goes_to_no_other_host_than_it_was_typed_for(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?base_url=https%3A%2F%2Fmine.example%2Fv1")
    page.get_by_label("API key").fill("sk-for-mine-only")

    page.get_by_label("Base URL").fill(upstream.url)
    page.keyboard.press("Control+Enter")  # before the field's change event

    expect(last_text(page)).to_have_text("Hello!")
    assert upstream.requests[-1].header("Authorization") is None
    expect(page.locator("[data-key-moved]")).to_contain_text("entered for https://mine.example")
    page.get_by_role("button", name="Use key here").click()
    expect(page.get_by_label("API key")).to_be_focused()
    composer(page).fill("Again")
    send_by_keys(page)
    assert upstream.requests[-1].header("Authorization") == "Bearer sk-for-mine-only"


def test_a_key_may_be_typed_before_its_base_url(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    page.get_by_label("Provider", exact=True).select_option("")
    page.get_by_label("API key").fill("sk-typed-first-1")

    page.get_by_label("Base URL").fill(upstream.url)
    send(page)

    assert upstream.requests[-1].header("Authorization") == "Bearer sk-typed-first-1"


def test_a_key_forgotten_in_one_tab_is_gone_in_the_other(open_page: Open, address: str) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-in-this-browser")
    page.get_by_label("Remember key").select_option("browser")
    other = page.context.new_page()
    other.goto(f"{address}?provider=test")
    expect(other.get_by_label("API key")).to_have_value("sk-in-this-browser")

    page.get_by_role("button", name="Forget").click()

    expect(other.get_by_label("API key")).to_have_value("")


def test_a_key_is_remembered_only_when_asked_and_for_its_provider_only(open_page: Open) -> None:
    page = open_page("?provider=test")
    key = page.get_by_label("API key")

    key.fill("sk-not-remembered")
    page.reload()
    expect(key).to_have_value("")
    key.fill("sk-in-this-browser")
    page.get_by_label("Remember key").select_option("browser")
    page.reload()
    expect(key).to_have_value("sk-in-this-browser")
    page.get_by_label("Provider", exact=True).select_option("openai")
    expect(key).to_have_value("")
    page.get_by_label("Provider", exact=True).select_option("test")
    expect(key).to_have_value("sk-in-this-browser")
    page.get_by_role("button", name="Forget").click()
    page.reload()
    expect(key).to_have_value("")
    assert page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)").count("sk-") == 0


def test_a_key_for_this_tab_stays_in_this_tab(open_page: Open, address: str) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-in-this-tab")
    page.get_by_label("Remember key").select_option("tab")

    page.reload()
    expect(page.get_by_label("API key")).to_have_value("sk-in-this-tab")
    other = page.context.new_page()
    other.goto(f"{address}?provider=test")
    expect(other.get_by_label("API key")).to_have_value("")


def test_a_remembered_key_does_not_follow_a_link_to_another_host(open_page: Open, address: str) -> None:
    page = open_page("?base_url=https%3A%2F%2Fmine.example%2Fv1")
    page.get_by_label("API key").fill("sk-for-mine")
    page.get_by_label("Remember key").select_option("browser")

    page.goto(f"{address}?base_url=https%3A%2F%2Fevil.example%2Fv1")

    expect(page.get_by_label("API key")).to_have_value("")


def test_a_pasted_key_is_cleaned_and_the_page_says_so(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    note = page.locator("[data-key-note]")
    expect(note).to_be_hidden()
    page.get_by_label("API key").fill("Bearer sk-pasted-1")
    send(page)

    expect(note).to_be_visible()
    assert upstream.requests[-1].header("Authorization") == "Bearer sk-pasted-1"
    page.get_by_label("API key").fill("sk-pasted-1")
    send(page, "Again")
    expect(note).to_be_hidden()
