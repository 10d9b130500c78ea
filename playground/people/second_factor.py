"""Secrets of second factors, encrypted under the data keys if there are any."""

import base64
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter

from playground.keys import sealing


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # it has no types
    def encrypt(self, text: str) -> str:
        return sealing.sealed(text) if sealing.is_on() else text

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret as it was. One from before there were data keys is not encrypted."""
        if not sealing.is_sealed(encrypted_text):
            return encrypted_text
        try:
            return sealing.opened(encrypted_text)
        except sealing.UnreadableError:
            # No code fits a secret that nobody knows; with an empty one, everybody could compute them.
            return base64.b32encode(secrets.token_bytes(20)).decode()
