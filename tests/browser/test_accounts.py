"""Signing in with a passkey, which a virtual authenticator holds."""

from pathlib import Path

from playwright.sync_api import Browser, expect

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
