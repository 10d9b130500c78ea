"""Sessions, of which the database has a digest: who reads it, or a backup, is not signed in by that.

The browser's cookie holds a secret. The session's key, also in django-allauth's list, is the secret's digest.
"""

import hashlib

from django.contrib.sessions.backends import db


class Key(str):
    """A session's key. It carries its secret, because django-allauth makes a session again from it."""

    secret = ""


class SessionStore(db.SessionStore):
    @classmethod
    def key_of(cls, secret: str) -> Key:
        key = Key(cls.digest_of(secret))
        key.secret = secret
        return key

    @staticmethod
    def digest_of(secret: str) -> str:
        # The column has room for 40 characters.
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()[:40]

    def _get_new_session_key(self) -> Key:
        return self.key_of(super()._get_new_session_key())  # type: ignore[misc]  # its types lack it
