"""Django's settings. What an administrator can change is in `config.py`; the rest is decided here."""

from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from platformdirs import user_data_path

from playground import config
from playground.network.limits import Limits, exchanges

BASE_DIR = Path(__file__).resolve().parent.parent

CONFIG = config.load()  # all variables: a bad one then fails the start, not the first call that reads it
SECRET_KEY = CONFIG.secret_key
DEBUG = CONFIG.debug
ALLOWED_HOSTS = CONFIG.allowed_hosts

LIMITS = Limits(
    connect_seconds=CONFIG.connect_seconds,
    silence_seconds=CONFIG.silence_seconds,
    exchange_seconds=CONFIG.exchange_seconds,
    heartbeat_seconds=CONFIG.heartbeat_seconds,
    request_bytes=CONFIG.request_bytes,
    response_bytes=CONFIG.response_bytes,
    messages=CONFIG.messages,
    exchanges=exchanges(CONFIG.threads),
    client_exchanges=CONFIG.client_calls,
)

DOCS = CONFIG.docs or BASE_DIR / "docs"
DOCS_HTML = CONFIG.docs_html

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "playground",
    "playground.calls",
    "playground.embed_settings",
    "playground.embeds",
    "playground.keys",
    "playground.mail",
    "playground.people",
    "playground.pinned",
    "playground.prompts",
    "playground.proof",
    "playground.runs",
    "playground.scheduler",
    "playground.sharing",
    "playground.teams",
]

MIDDLEWARE = [
    "playground.serving.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "playground.serving.health.HealthMiddleware",
    "playground.serving.metrics.MetricsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "playground.web.middleware.NotFoundMiddleware",
    "playground.embeds.middleware.FrameMiddleware",
    "playground.web.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "playground.web.middleware.BodyMiddleware",
    "playground.web.middleware.NotesMiddleware",
    "playground.web.middleware.HiddenOriginMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "playground.people.middleware.AdminMiddleware",
    "playground.people.middleware.Sessions",
    "playground.people.middleware.Authentication",
    "playground.people.middleware.Messages",
]

if CONFIG.accounts:
    INSTALLED_APPS += [
        "django.contrib.humanize",  # for pages of allauth
        "allauth",
        "allauth.account",
        "allauth.mfa",
        "allauth.usersessions",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ]
    MIDDLEWARE += [
        "allauth.account.middleware.AccountMiddleware",
        "playground.people.wall.SignInMiddleware",
    ]

ROOT_URLCONF = "playground.urls"
WSGI_APPLICATION = "playground.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "playground.serving.templates.Loader",
                        "django.template.loaders.app_directories.Loader",  # the admin's own
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "csp.context_processors.nonce",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"people": "playground.people.navigation", "pinned": "playground.pinned.tags"},
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "playground.web.tags"],
        },
    },
]


def _file() -> Path:
    """Return SQLite's file; the user's data folder is made if it is there."""
    if CONFIG.database:
        return CONFIG.database
    folder = user_data_path("api-playground")
    with suppress(OSError):  # then the first query says that the file cannot be opened
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "playground.sqlite3"


# Runs, embeds and users. In SQLite readers never wait, and writers wait their turn.
DATABASES: dict[str, dict[str, Any]] = {
    "default": CONFIG.database_url
    or {
        "ENGINE": "playground.database.sqlite3",
        "NAME": _file(),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": ("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where calls are counted and used form tokens are remembered. A process's own memory keeps the latest of each
# in separate places, so that many form tokens do not push out the counts.
_CACHE_URL = CONFIG.cache_url
_REDIS = {
    "BACKEND": "playground.calls.buckets.RedisBuckets",
    "LOCATION": _CACHE_URL,
    "KEY_PREFIX": "playground",
    "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
}
_LOCAL = {"BACKEND": "playground.calls.buckets.LocalBuckets", "OPTIONS": {"MAX_ENTRIES": 100_000}}
CACHES: dict[str, dict[str, Any]] = {
    "default": _REDIS if _CACHE_URL else _LOCAL,
    "form_tokens": _REDIS if _CACHE_URL else _LOCAL | {"LOCATION": "form_tokens"},
}

LANGUAGE_CODE = "en"
# Each language is named in that language.
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 31_536_000
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
if not CONFIG.accounts:
    # django-allauth's, too, so that turning accounts on needs no new collectstatic.
    _allauth = files("allauth")
    STATICFILES_DIRS += [Path(str(_allauth / app / "static")) for app in ("account", "mfa")]
STORAGES = {
    "staticfiles": {"BACKEND": "playground.serving.static.Storage"},
}

# A form takes more room than the request body it carries: a character may take three (`%0A`), and a message
# has fields of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * LIMITS.request_bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100_000
CSRF_FAILURE_VIEW = "playground.web.refusals.csrf_failure"

_HTTPS = CONFIG.https
CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "playground.people.sessions"
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = "Lax" if CONFIG.accounts else "Strict"  # a link from elsewhere finds you signed in
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = CONFIG.idle_minutes * 60
# Without accounts, only the admin needs to know who is logged in.
SESSION_COOKIE_PATH = "/" if CONFIG.accounts else "/admin/"
AUTH_USER_MODEL = "people.User"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

# Signing in, by django-allauth. Nobody signs up without an invitation (`people.adapter`).
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if CONFIG.accounts:
    AUTHENTICATION_BACKENDS += ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "index"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "playground.people.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation's link takes its place, which also works without mail
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _HTTPS else "http"
SOCIALACCOUNT_ADAPTER = "playground.people.single_sign_on.Adapter"
# By a link: after a form, the policy for forms would stop the way to the provider. The answer is bound to
# the session by its `state` all the same.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": CONFIG.oidc_name,
                "client_id": CONFIG.oidc_client_id,
                "secret": CONFIG.oidc_client_secret,
                "settings": {"server_url": CONFIG.oidc_url},
            }
        ]
        if CONFIG.oidc_url
        else [],
    }
}
MFA_ADAPTER = "playground.people.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "API Playground"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS  # browsers allow passkeys on localhost only

SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = ["^(healthz|readyz|metrics)$"]  # asked within the network, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Own scripts and styles only; htmx (its hx-csp extension) holds the only Trusted Types policy.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": ["data:"],  # spoken answers
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["htmx"],
    },
}

# Reports and log lines contain no input: neither shows an exception's message.
DEFAULT_EXCEPTION_REPORTER = "playground.serving.report.Reporter"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "playground.serving.traces.TraceFormatter",
            "fmt": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "bare": {"format": "{message}", "style": "{"},  # a JSON object with a time of its own
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "exchanges": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},  # instead of Django's own handlers, which log content
        "django.server": {"handlers": [], "level": "CRITICAL"},  # runserver's access log, which has the query
        "playground.exchange": {
            "handlers": ["exchanges"],
            "propagate": False,
            "level": "INFO" if CONFIG.log else "WARNING",
        },
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
