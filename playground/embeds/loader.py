"""`/embed.js`, which anybody's page loads: the script of `static/js/embed.js` at an address that stays."""

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

SCRIPT = settings.BASE_DIR / "static" / "js" / "embed.js"


@require_safe
@gzip_page
def loader(request: HttpRequest) -> HttpResponseBase:
    script = SCRIPT.read_bytes()
    etag = f'"{hashlib.sha256(script).hexdigest()[:32]}"'
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8", headers={"ETag": etag})
    response["Cache-Control"] = "public, max-age=3600"
    answer = get_conditional_response(request, etag=etag, response=response) or response
    # On a 304 as well, whose headers take the place of the kept ones. A page that is isolated (COEP), or
    # that checks what it loads (`crossorigin`), may load it, too.
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
