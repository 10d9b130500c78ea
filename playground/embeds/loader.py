"""`/embed.js`, the script that authors' pages load: `static/js/embed.js` at a stable URL."""

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
    # For isolated pages (COEP), and for scripts loaded with CORS (`crossorigin`, modules). Also on a 304,
    # because its headers replace the cached ones.
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
