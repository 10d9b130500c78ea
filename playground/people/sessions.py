"""Sessions, of which the database has a digest: who reads it, or a backup, is not signed in by that.

The browser's cookie holds a secret. The session's key, also in django-allauth's list, is the secret's digest.
"""

import hashlib

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    secret = ""

    @classmethod
    def of_cookie(cls, secret: str) -> "SessionStore":
        found = cls(cls.key_of(secret) if secret else None)
        found.secret = secret
        return found

    @staticmethod
    def key_of(secret: str) -> str:
        # The column has room for 40 characters.
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()[:40]

    def _get_new_session_key(self) -> str:
        self.secret = super()._get_new_session_key()  # type: ignore[misc]  # its types lack it
        return self.key_of(self.secret)
