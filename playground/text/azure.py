"""Azure's addresses: all deployments at one endpoint (v1), and the older way, one endpoint each."""

import re
from urllib.parse import SplitResult, urlsplit

from playground.text.pasted import bare

_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_DEPLOYMENT = re.compile(r"/deployments/([^/]+)")


def is_azure(host: str) -> bool:
    return host.endswith(_HOSTS)


def base_path(endpoint: str) -> str:
    """Return the path of the base URL under which an API's endpoint, such as `/messages`, is called."""
    return "/anthropic/v1" if endpoint == "/messages" else "/openai/v1"


def is_old(host: str, parts: SplitResult) -> bool:
    return is_azure(host) and ("api-version=" in parts.query or "/deployments/" in parts.path)


def deployment_in(base_url: str) -> str | None:
    """Return the deployment that an address of the older way names, "" if none; None for any other URL."""
    try:
        parts = urlsplit(bare(base_url))
        if not is_old(parts.hostname or "", parts):
            return None
    except ValueError:
        return None
    named = _DEPLOYMENT.search(parts.path)
    return named[1] if named else ""
