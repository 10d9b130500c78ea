"""What is special about the embeds' URLs: no cookies, and other sites may frame them."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

FRAMES = "/embed/"


def framed_by(response: HttpResponseBase, origins: Sequence[str]) -> HttpResponseBase:
    """Let pages of these origins frame the response. Anyone may frame a refusal: it has nothing to click."""
    response._csp_replace = {"frame-ancestors": origins}  # type: ignore[attr-defined]
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  # it cannot list origins
    # A page that isolates itself (Cross-Origin-Embedder-Policy) frames only pages that do the same.
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


class FrameMiddleware:
    """Strip cookies from all requests and responses under `/embed/`: a frame relies on its token alone."""

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
