"""The headers of every response, be it a page, a fragment, a file or an error."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# Features that browsers enable by default, switched off: the playground only writes to the clipboard.
# fmt: off
_DISABLED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture",
    "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get",
    "idle-detection", "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi",
    "otp-credentials", "payment", "picture-in-picture", "screen-wake-lock", "serial", "storage-access",
    "sync-xhr", "usb", "window-management", "xr-spatial-tracking",
)
_PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")
# fmt: on


def _policy(allowed: tuple[str, ...] = ()) -> str:
    kept = [f"{feature}=(self)" for feature in ("clipboard-write", *allowed)]
    return ", ".join([*kept, *(f"{name}=()" for name in (*_DISABLED, *_PASSKEYS) if name not in allowed)])


HEADERS = {
    "Permissions-Policy": _policy(),
    "Cross-Origin-Resource-Policy": "same-origin",
    # For responses without a policy of their own: files, early refusals, Django's own pages.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# All headers of an error that the server sends before Django sees the request.
OF_AN_ERROR = HEADERS | {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class HeadersMiddleware:
    """Add the headers that the view has not set; a view can override each of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # With accounts, people sign in with passkeys.
        self._headers = HEADERS | (
            {"Permissions-Policy": _policy(_PASSKEYS)} if settings.CONFIG.accounts else {}
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", _cache_control(request))
        return response


def _cache_control(request: HttpRequest) -> str:
    """Forbid storing what may hold a person's input (a link's query is, too) or a provider's output."""
    plain = request.method in ("GET", "HEAD") and not request.META.get("QUERY_STRING")
    return "private, no-cache" if plain else "no-store"
