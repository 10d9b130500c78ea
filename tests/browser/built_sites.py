"""Real sites, built by their own tools from `tests/sites/` and the code of `docs/embed/`.

`.cache/sites/` keeps npm packages until the lock file changes, and what VitePress and Docusaurus build until
a source changes. Workers take turns.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.browser.host import DOCS, EXAMPLE, code_blocks

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "sites"
CACHE = ROOT / ".cache" / "sites"
COPY = "/path/to/api-playground"
NODE = 20  # the oldest that Docusaurus supports


def vitepress() -> Path:
    blocks = code_blocks("vitepress.md")
    site = _node_site("vitepress")
    _run(site, "sh", "-e", "-c", _npm_install(blocks.pop("terminal")))
    page = blocks.pop("page.md") + "\n" + blocks.pop("label.md")
    _write(site, {**blocks, "from-the-docs.md": page, "chat-completion.md": _chat_completion()})
    _run(site, "npx", "vitepress", "build")
    return site / ".vitepress" / "dist"


def docusaurus() -> Path:
    blocks = code_blocks("docusaurus.md")
    site = _node_site("docusaurus")
    _run(site, "sh", "-e", "-c", _npm_install(blocks.pop("terminal")))
    blocks["added.config.js"] = blocks.pop("docusaurus.config.js")
    blocks["docs/from-the-docs.mdx"] = blocks.pop("page.mdx")
    blocks["src/pages/react.jsx"] = blocks.pop("page.jsx")
    _write(site, {**blocks, "docs/chat-completion.md": _chat_completion()})
    _run(site, "npx", "docusaurus", "build")
    return site / "build"


def mkdocs(playground: str, address: str, site: Path) -> Path:
    blocks = code_blocks("mkdocs.md", playground)
    shutil.copytree(FIXTURES / "mkdocs", site, dirs_exist_ok=True)
    copy, install = blocks.pop("terminal").replace(COPY, str(ROOT)).strip().splitlines()
    assert install == "pip install json5"  # one of the playground's own requirements
    _run(site, *copy.split())
    # Material's instant navigation needs `site_url`.
    config = f"INHERIT: ./base.yml\nsite_url: {address}\n" + blocks.pop("mkdocs.yml")
    _write(site, {"mkdocs.yml": config, "docs/from-the-docs.md": blocks.pop("page.md")})
    _write(site, {"docs/chat-completion.md": _chat_completion()})
    assert not blocks
    _run(site, sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet")
    return site / "site"


NODE_KINDS: dict[str, Callable[[], Path]] = {"vitepress": vitepress, "docusaurus": docusaurus}
KINDS = (*NODE_KINDS, "mkdocs")


def build(kind: str, playground: str, address: str, folder: Path) -> Path:
    """Return the folder of a site of this kind, built for `address` and for that playground."""
    if kind == "mkdocs":
        return mkdocs(playground, address, folder)
    shutil.copytree(_kept(kind), folder, dirs_exist_ok=True)
    _name_playground(folder, playground)
    return folder


def _kept(kind: str) -> Path:
    built = CACHE / f"{kind}-built" / _sum_of_sources(kind)
    with _turn(kind):
        if not built.exists():
            shutil.rmtree(built.parent, ignore_errors=True)
            shutil.copytree(NODE_KINDS[kind](), built.with_suffix(".new"))
            built.with_suffix(".new").rename(built)
    return built


def _sum_of_sources(kind: str) -> str:
    """Return a hash of everything that a site is made from."""
    digest = hashlib.sha256()
    folders = (FIXTURES / kind, *(ROOT / "packages" / name for name in ("react", "vitepress")))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for path in [Path(__file__), FIXTURES / "chat-completion.md", DOCS / f"{kind}.md", *sorted(files)]:
        digest.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return digest.hexdigest()[:16]


@contextmanager
def _turn(kind: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _name_playground(folder: Path, playground: str) -> None:
    """Replace the example URL of the docs with the playground's."""
    for path in folder.rglob("*"):
        if path.is_file() and EXAMPLE.encode() in (content := path.read_bytes()):
            path.write_bytes(content.replace(EXAMPLE.encode(), playground.rstrip("/").encode()))


def node(kind: str, script: str) -> str:
    """Run a script with the packages of a built site; return what it prints."""
    command = ["node", "--input-type=module", "--eval", script]
    return subprocess.run(command, cwd=CACHE / kind, capture_output=True, text=True, check=True).stdout


def _chat_completion() -> str:
    return (FIXTURES / "chat-completion.md").read_text(encoding="utf-8")


def _fresh(kind: str) -> Path:
    """Copy the fixture's current files into its folder, and keep the packages installed there."""
    site = CACHE / kind
    site.mkdir(parents=True, exist_ok=True)
    for path in site.iterdir():
        if path.name not in ("node_modules", ".installed"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(FIXTURES / kind, site, dirs_exist_ok=True)
    return site


def _node_site(kind: str) -> Path:
    _check_node()
    site = _fresh(kind)
    lock = hashlib.sha256((site / "package-lock.json").read_bytes()).hexdigest()
    stamp = site / ".installed"
    if not stamp.exists() or stamp.read_text() != lock:
        stamp.unlink(missing_ok=True)
        _run(site, "npm", "ci", "--prefer-offline")
        stamp.write_text(lock)
    return site


def _check_node() -> None:
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else ""
    major = int(version.removeprefix("v").partition(".")[0] or 0)
    assert major >= NODE, (
        f"Node {NODE} or newer with npm is needed, which scripts/test brings; there is {version or 'none'}"
    )


def _npm_install(terminal: str) -> str:
    return terminal.replace(COPY, str(ROOT))


def _write(site: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")


def _run(site: Path, *command: str) -> None:
    quiet = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}
    quiet |= {
        "DOCUSAURUS_NO_TELEMETRY": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "NO_MKDOCS_2_WARNING": "1",
        "CI": "1",
    }
    done = subprocess.run(command, cwd=site, env=os.environ | quiet, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
