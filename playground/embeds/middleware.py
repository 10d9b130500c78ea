"""What the addresses of the embeds have of their own: no cookies, and pages that may frame them."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

FRAMES = "/embed/"


def framed_by(response: HttpResponseBase, origins: Sequence[str]) -> HttpResponseBase:
    """Lets pages of these origins frame it. A refusal is for all: it has a sentence, and nothing to press."""
    response._csp_replace = {"frame-ancestors": origins}  # type: ignore[attr-defined]
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  # it knows no list of origins
    # A page that isolates itself (Cross-Origin-Embedder-Policy) frames only what says the same.
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


class FrameMiddleware:
    """Nothing under `/embed/` reads or sets a cookie: what a frame does hangs on its token alone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(FRAMES):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        request.refused_template = "embed/refused.html"  # type: ignore[attr-defined]
        response = self.get_response(request)
        if hasattr(response, "refusal") and not hasattr(response, "_csp_replace"):
            framed_by(response, ["*"])
        response.cookies.clear()
        return response
