"""The headers of every response, be it a page, a fragment, a file or an error."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Features that browsers enable by default, switched off: the playground only writes to the clipboard.
# fmt: off
_DISABLED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture",
    "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get",
    "idle-detection", "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi",
    "otp-credentials", "payment", "picture-in-picture", "publickey-credentials-create",
    "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "sync-xhr", "usb",
    "window-management", "xr-spatial-tracking",
)
# fmt: on

HEADERS = {
    "Permissions-Policy": ", ".join(["clipboard-write=(self)", *(f"{feature}=()" for feature in _DISABLED)]),
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

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", _cache_control(request))
        return response


def _cache_control(request: HttpRequest) -> str:
    """Forbid storing what may hold a person's input (a link's query is, too) or a provider's output."""
    plain = request.method in ("GET", "HEAD") and not request.META.get("QUERY_STRING")
    return "private, no-cache" if plain else "no-store"
