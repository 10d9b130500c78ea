"""An author's site with playgrounds in it, on a server and an origin of its own."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

DOCS = Path(__file__).parents[2] / "docs" / "embed"
EXAMPLE = "https://playground.example.org"

# A stub of `/embed/`: the test decides what it says to the loader. It listens as strictly as the real frame.
STUB = """<!doctype html><html lang="en"><title>Stub</title>
<button>In the frame</button><pre></pre>
<script>
  const query = new URLSearchParams(location.search);
  const heard = [];
  addEventListener("message", (event) => {
    if (event.origin !== query.get("host") || event.source !== parent) return;
    heard.push(event.data);
    document.querySelector("pre").textContent = JSON.stringify(heard);
  });
  const say = (message) => parent.postMessage({ from: "api-playground", ...message }, query.get("host"));
</script>
"""
READY = "<script>say({ type: 'ready' }); say({ type: 'height', height: 300 });</script>"


class _Handler(SimpleHTTPRequestHandler):
    """Serves the folder's files; `/chat` is `chat.html`, as on hosts of static sites."""

    def __init__(self, *arguments: Any, headers: dict[str, str], directory: str) -> None:
        self.further = headers
        super().__init__(*arguments, directory=directory)

    def translate_path(self, path: str) -> str:
        file = Path(super().translate_path(path))
        return f"{file}.html" if not file.exists() else str(file)

    def end_headers(self) -> None:
        for name, value in self.further.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server(ThreadingHTTPServer):
    # Five by default: a browser that loads more at once is made to try again after seconds.
    request_queue_size = 128


@contextmanager
def hosting(folder: Path, headers: dict[str, str], port: int = 0) -> Iterator[str]:
    """Serve the folder on `localhost`, which is another site than the playground's 127.0.0.1."""
    handler = partial(_Handler, headers=headers, directory=str(folder))
    with Server(("127.0.0.1", port), handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def code_blocks(page: str, playground: str = EXAMPLE) -> dict[str, str]:
    """Return a page's code in `docs/embed/` by its name there, with the playground's real URL."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(r"^(`{3,})([^\n]*)\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL)
    names = [re.fullmatch(r"\w+ \[(.+)\]", info) for _, info, _ in found]
    assert all(names), "a block without a name"
    return {
        name[1]: code.replace(EXAMPLE, playground.rstrip("/"))
        for name, (_, _, code) in zip(names, found, strict=True)
        if name
    }
