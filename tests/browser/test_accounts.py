"""Signing in with a passkey, which a virtual authenticator holds; the keys that a person may use."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from playground.keys import sealing
from tests.browser.conftest import Complaints
from tests.people.place import PASSWORD, serving_people


def test_a_passkey_signs_in(browser: Browser, tmp_path: Path) -> None:
    with serving_people(tmp_path) as place, browser.new_context(locale="en-US") as context:
        person = place.person("her", "One", "member")
        # Without HTTPS, browsers have passkeys for this name only.
        site = f"http://localhost:{place.site.port}"
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        authenticator = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})

        page.goto(f"{site}/accounts/2fa/webauthn/add/")
        page.get_by_label("Email").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        if "reauthenticate" in page.url:
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Confirm").click()
        page.get_by_label("Passwordless").check()
        page.get_by_role("button", name="Add").click()
        expect(page).to_have_url(f"{site}/accounts/2fa/recovery-codes/")

        page.goto(f"{site}/accounts/logout/")
        page.get_by_role("main").get_by_role("button").click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page).to_have_url(f"{site}/")


def test_the_form_offers_the_saved_keys_of_its_provider(browser: Browser, tmp_path: Path) -> None:
    data_key, complaints = sealing.new_key(), Complaints()
    with (
        serving_people(tmp_path, PLAYGROUND_DATA_KEYS=data_key) as place,
        browser.new_context(locale="en-US") as context,
    ):
        person = place.person("her", "One", "admin")
        path = person.get("/teams/").url + "keys/"
        context.add_cookies(
            [{"name": c.name, "value": c.value or "", "url": person.address} for c in person.session.cookies]
        )
        page = context.new_page()
        complaints.watch(page)
        for name, provider in (("First", "test"), ("Gate", "")):
            page.goto(path)
            form = page.locator(".add-key")
            form.get_by_label("Name", exact=True).fill(name)
            form.get_by_label("Provider").select_option(provider)
            expect(form.get_by_label("Base URL")).to_be_visible(visible=not provider)
            if not provider:
                form.get_by_label("Base URL").fill("https://gate.example/v2")
                form.get_by_label("API", exact=True).select_option("messages")
            form.get_by_label("API key").fill(f"sk-canary-{name}-1234567890")
            form.get_by_role("button").click()
            expect(page.get_by_role("heading", name=name)).to_be_visible()

        page.goto(person.address)
        saved = page.get_by_label("Saved key")
        expect(page.get_by_label("Provider")).to_have_value("test")
        expect(saved.locator("option:not([disabled])")).to_have_text(
            ["The first one: First …7890", "First …7890 · Test", "The server’s key"]
        )
        page.get_by_label("Provider").select_option("")
        saved.select_option("Gate …7890 · https://gate.example/v2")
        expect(page.get_by_label("Base URL")).to_have_value("https://gate.example/v2")
        expect(page.get_by_role("button", name="Messages")).to_have_attribute("aria-pressed", "true")
        page.get_by_label("Provider").select_option("claude")
        expect(saved).to_be_hidden()

        # A public link has no head of the page.
        run = person.send(saved_key="server").json()["run"]
        page.goto(person.address + run + "link/")
        page.get_by_role("button", name="Make link").click()
        page.goto(page.locator(".notice input").input_value())
        expect(page.get_by_text("Hello!").first).to_be_visible()
        assert complaints.seen == []
