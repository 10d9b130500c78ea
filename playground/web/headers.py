"""What every answer tells the browser about itself, be it a page, a fragment, a file or an error."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# What a page may use without asking; this one uses the clipboard, to write.
# fmt: off
_OFF = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture",
    "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get",
    "idle-detection", "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi",
    "otp-credentials", "payment", "picture-in-picture", "publickey-credentials-create",
    "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "sync-xhr", "usb",
    "window-management", "xr-spatial-tracking",
)
# fmt: on

HEADERS = {
    "Permissions-Policy": ", ".join(["clipboard-write=(self)", *(f"{feature}=()" for feature in _OFF)]),
    "Cross-Origin-Resource-Policy": "same-origin",
    # For what is no page of ours and so has no policy: a file, a refusal on the way, Django's own pages.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# What is refused before it reaches Django has all of them from here.
OF_AN_ERROR = HEADERS | {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class HeadersMiddleware:
    """Adds what the view has not set: `response["Cross-Origin-Resource-Policy"] = "cross-origin"` stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", _caching(request))
        return response


def _caching(request: HttpRequest) -> str:
    """What holds what was typed, or what a provider said, is kept by nobody; a link's query is typed, too."""
    plain = request.method in ("GET", "HEAD") and not request.META.get("QUERY_STRING")
    return "private, no-cache" if plain else "no-store"
