"""Every code block in the docs is checked. Its language says how:

python, js, bash   run to its end as it is, on `machine.Machine`; it must succeed
sh                 starts a playground: run until that answers, then ended
text               the output of a block right above it; not allowed elsewhere
json               a request, a completion, a chunk, an error, a log line or call data
html, vue, md      tags are read, scripts parsed, Markdown is rendered without an error
toml               read as a provider file
env                lines of NAME=value: settings of the playground with valid values
yaml               settings of Prometheus: syntax, and that it scrapes an address that is there
nginx, http        syntax; a request line must be one that the examples send

A language without a row in `HOLD` fails. The blocks of `embed/`, except its index, are the files of
sites that `tests/browser` builds; their Chinese twins differ only in words, which `test_pages.py` checks.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from playground import config, config_variables
from playground.calls.log import line as log_line
from playground.catalogue.entries import read_providers
from playground.catalogue.providers import catalogue, dialect_recorded
from playground.config_types import SettingError
from playground.dialects.chat_completions.answer import read_choices
from playground.dialects.chat_completions.chunks import ChunkCollector
from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.dialects.messages.dialect import MESSAGES
from playground.dialects.responses.dialect import RESPONSES
from playground.docs import markdown
from playground.exchange.dialect import Dialect
from playground.exchange.record import Exchange, Received, Sent, Timings
from playground.exchange.request import checked
from playground.explanations.explain import explain
from playground.results.as_json import as_json
from playground.runs.search import Query
from playground.tags import tag
from tests import chat
from tests.docs.folder import write
from tests.docs.machine import INSTALLS_NOTHING, Machine
from tests.docs.pages import FOLLOWED, ROOT, RUN, SETTINGS, Block, blocks, docs, is_about_a_site

_VOID = {"br", "img", "input", "link", "meta"}


def _named(*languages: str) -> Any:
    found = [block for block in blocks() if block.language in languages]
    return pytest.mark.parametrize("block", found, ids=str)


def test_every_language_has_a_check() -> None:
    unknown = {str(block) for block in blocks() if block.language not in (*RUN, "sh", *HOLD)}

    assert unknown == set()


def test_there_are_examples_of_each_kind_that_is_run() -> None:
    """Otherwise the tests below would test nothing."""
    assert {*RUN, "sh"} <= {block.language for block in blocks()}


def test_the_files_of_sites_are_built_by_the_tests_of_sites() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "browser").glob("*.py"))
    pages = [path for path in docs().pages if is_about_a_site(path) and not path.startswith("zh/")]

    assert pages
    assert [path for path in pages if f'"{path.rpartition("/")[2]}"' not in tests] == []


NO_NODE = "Node is needed: scripts/test brings it"


def _each_once(*languages: str) -> Any:
    """Parametrize with the blocks in these languages, without translations that differ only in comments."""
    found = [block for block in blocks() if block.language in languages and not _is_followed(block)]
    once = {(block.language, _commands(block), block.shows): block for block in reversed(found)}
    return pytest.mark.parametrize("block", once.values(), ids=str)


def _is_followed(block: Block) -> bool:
    return block.path.removeprefix("zh/") == FOLLOWED


def _commands(block: Block) -> str:
    """Return the code without comments, which are translated."""
    return re.sub(r"\s*#.*", "", block.code)


@_each_once(*RUN)
def test_a_block_runs_and_prints_what_the_docs_say(
    machine: Machine, block: Block, request: pytest.FixtureRequest
) -> None:
    assert block.language != "js" or shutil.which("node"), NO_NODE

    has_token = "PLAYGROUND_TOKEN" in block.code
    done = machine.run(block, **(request.getfixturevalue("program") if has_token else {}))

    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    assert done.stderr == "" or block.language == "bash"
    if block.shows is not None:
        assert done.stdout.strip("\n") == block.shows.strip("\n")


def test_a_block_of_python_ends_as_a_file_does(machine: Machine) -> None:
    first = "import openai, sys; openai.left = 1; print(__name__); sys.stderr.write('x'); sys.exit(3)"
    ended, failed = (
        machine.run(Block("page.md", 1, "python", code)) for code in (first, "import openai\nopenai.left")
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "__main__\n", "x")
    assert failed.returncode == 1
    assert "AttributeError" in failed.stderr


@_each_once("sh")
def test_a_start_command_starts_a_playground(block: Block, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _checkout(tmp_path, port)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PLAYGROUND_", "DJANGO_")) and not name.endswith("_API_KEY")
    }
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        "TEST_STATIC_ROOT": str(tmp_path / "static-root"),
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
        "PLAYGROUND_DATABASE": str(tmp_path / "embeds.sqlite3"),
        **INSTALLS_NOTHING,
    }
    with subprocess.Popen(
        ["bash", "-e", "-c", block.code],
        cwd=tmp_path,
        env=kept | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as process:
        try:
            answered = _answers(process, port)
        finally:
            with suppress(ProcessLookupError):  # it ended by itself, and its output says why
                os.killpg(process.pid, signal.SIGTERM)
            said = _last_words(process)

    assert answered, said[-2000:]


def _last_words(process: "subprocess.Popen[str]") -> str:
    try:
        return process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # or leaving the `with` block would wait for it
        raise


def _checkout(folder: Path, port: int) -> None:
    """Make a copy of the project whose `scripts/play` installs nothing and serves on a free port."""
    for path in ROOT.iterdir():
        if path.name not in ("scripts", ".git"):
            (folder / path.name).symlink_to(path)
    (folder / "scripts").mkdir()
    play = folder / "scripts" / "play"
    play.write_text(f'exec python manage.py play --port {port} --no-local-model "$@"\n')
    play.chmod(0o755)
    play.write_text("#!/bin/sh\nunset DJANGO_SETTINGS_MODULE\n" + play.read_text())


def _answers(process: "subprocess.Popen[str]", port: int) -> bool:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).ok:
                return True
        except requests.RequestException:
            time.sleep(0.05)
    return False


# --- what is not run ---


def _json(block: Block) -> None:
    _read_json(json.loads(block.code))


def _read_json(value: Any) -> None:
    match value:
        case {"anthropic-version": _, "messages": _}:
            checked(MESSAGES, value, **_LIMITS)
        case {"model": _, "input": _}:
            checked(RESPONSES, value, **_LIMITS)
        case {"model": _, "messages": _}:
            chat.check(value)
        case {"type": "message", "usage": _}:
            _read_answer(_exchange(200, value, MESSAGES))
        case {"object": "response"}:
            _read_answer(_exchange(200, value, RESPONSES))
        case {"type": "error", "error": {"message": message}}:
            explained = explain(_exchange(529, value, MESSAGES))
            assert explained
            assert explained.message == message
        case {"provider": str(provider), "request": request}:
            assert provider in catalogue()
            assert set(value) <= {"provider", "base_url", "api_key", "request"}
            _read_json(request)
        case {"object": "chat.completion"}:
            exchange = _exchange(200, value)
            assert explain(exchange) is None
            assert read_choices(exchange.completion)
            assert exchange.usage
        case {"object": "chat.completion.chunk"}:
            assert (
                ChunkCollector().add(value) or value["choices"] == [] or value["choices"][0]["finish_reason"]
            )
        case {"request": {"method": _}, "snippets": _}:
            assert set(value) <= set(as_json(_exchange(200, {}))) | {"run"}
            for name in ("request", "timings"):
                assert set(value[name]) <= set(as_json(_exchange(200, {}))[name])
        case {"error": {"kind": _}}:
            assert set(value["error"]) <= {"kind", "title", "advice", "fields", "fix"}
        case {"error": {"message": message}}:
            explained = explain(_exchange(400, value))
            assert explained
            assert explained.message == message
        case {"text": _, "before": before}:  # a search of runs
            assert set(value) <= {"before", *(field.name for field in fields(Query))}
            assert isinstance(before, int)
        case {"who": _}:
            assert set(value) <= set(log_line("", None, _exchange(200, {})))
        case [{"error": {"message": message}}]:  # Gemini's shape
            explained = explain(_exchange(400, value))
            assert explained
            assert explained.message == message
        case {"role": _}:
            _read_json({"model": "m", "messages": [value]})
        case _:
            raise AssertionError("Nothing of the API looks like this.")


def _read_answer(exchange: Exchange) -> None:
    assert explain(exchange) is None
    assert exchange.answer.choices
    assert exchange.usage


_LIMITS = {"max_messages": 100, "max_bytes": 1_000_000}


def _exchange(status: int, answer: Any, dialect: Dialect = CHAT_COMPLETIONS) -> Exchange:
    url = "https://api.example.com/v1/chat/completions"
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
    return Exchange(
        "1",
        dialect,
        chat.call("https://api.example.com/v1", "KEY", body),
        "openai",
        datetime.now(UTC),
        Sent("POST", url, (), json.dumps(body).encode()),
        Received(status, "", (), json.dumps(answer).encode()),
        None,
        Timings(1, None, 2),
    )


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[tuple[str, str]] = []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        if name == "script":
            self.scripts.append((dict(attributes).get("type") or "", ""))
        if name not in _VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            kind, code = self.scripts[-1]
            self.scripts[-1] = kind, code + data


def _html(block: Block) -> None:
    position, rest = 0, ""
    while opening := tag.OPENING.search(block.code, position):
        # With the loader, the element has the same name, in HTML syntax.
        found = tag.scan(block.code, opening.start())
        assert found
        if opening["name"] == "ApiPlayground":
            _check_call(tag.read(found))
            rest += block.code[position : opening.start()]
        else:
            rest += block.code[position : found.end]
        position = found.end
    parser = _Elements()
    parser.feed(rest + block.code[position:])
    parser.close()
    assert parser.open == []
    for kind, code in parser.scripts:
        if kind == "application/json":
            _read_json(json.loads(code))
        elif code.strip():
            _parse_script(code, "module" if kind == "module" else "commonjs")


def _check_call(call: tag.LiveCall) -> None:
    assert call.provider in catalogue()
    assert call.body is not None
    checked(dialect_recorded(call.provider, call.api), dict(call.body), **_LIMITS)


def _parse_script(code: str, kind: str) -> None:
    assert shutil.which("node"), NO_NODE
    command = ["node", "--check", f"--input-type={kind}", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def _markdown(block: Block, folder: Path) -> None:
    docs = write(folder, **{"page.md": block.code})
    html = markdown.render(docs, docs.pages["page.md"], allow_html=False).html
    assert "data-problem" not in html
    assert "live-call" in html


def _toml(block: Block, folder: Path) -> None:
    file = folder / "providers.toml"
    file.write_text(block.code, encoding="utf-8")
    assert read_providers(file)


def _env(block: Block) -> None:
    for line in filter(None, map(str.strip, block.code.split("\n"))):
        if line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        assert equals, line
        if name.endswith("_FILE"):
            assert value.startswith("/")
            assert name.removesuffix("_FILE") in SETTINGS
        elif name in {variable.name for variable in config_variables.VARIABLES}:
            config.read(name, {name: value})
        else:
            assert name in SETTINGS


def _yaml(block: Block) -> None:
    for job in yaml.safe_load(block.code)["scrape_configs"]:
        assert job.get("metrics_path", "/metrics") == "/metrics"
        assert job["static_configs"][0]["targets"]


def _nginx(block: Block) -> None:
    """Check directives that end in `;` and blocks in braces, with nginx itself if it is installed."""
    code = re.sub(r"#.*", "", block.code)
    depth = 0
    for part in re.findall(r"[^;{}]*[;{}]", code):
        words = part.strip()
        assert words == "}" or re.match(r"[a-z_]+(\s|\{)", words), words
        depth += {"{": 1, "}": -1}.get(words[-1], 0)
        assert depth >= 0
    assert depth == 0
    assert code.rstrip().endswith(("}", ";"))


def _http(block: Block) -> None:
    first, *headers = block.code.strip().split("\n")
    method, path, *version = first.split(" ")
    assert (method, version) in (("POST", []), ("GET", []))
    assert all(re.fullmatch(r"[A-Za-z-]+: \S.*", header) for header in headers)
    urls = {
        url.partition("://")[2].partition("/")[2]
        for other in blocks()
        if other.path == block.path and other.language == "bash"
        for url in re.findall(r"https?://[^\s\"']+", other.code)
    }
    assert path.lstrip("/") in urls


HOLD: dict[str, Callable[..., None]] = {
    "json": _json,
    "html": _html,
    "md": _markdown,
    "toml": _toml,
    "env": _env,
    "yaml": _yaml,
    "nginx": _nginx,
    "http": _http,
}


@_named(*HOLD)
def test_a_block_is_valid_in_its_language(block: Block, tmp_path: Path) -> None:
    hold = HOLD[block.language]
    more = [tmp_path] if hold in (_markdown, _toml) else []

    hold(block, *more)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("json", '{"who": "is", "this": 1}'),
        ("json", '{"a": 1}'),
        ("env", "PLAYGROUND_NOTHING=1"),
        ("env", "PLAYGROUND_THREADS=many"),
        ("yaml", "scrape_config: []"),
        ("nginx", "server {"),
        ("nginx", "proxy_read_timeout 1s"),
        ("html", "<ApiPlayground provider='nobody' />"),
        ("html", "<p>"),
    ],
)
def test_mistakes_in_blocks_are_found(language: str, code: str) -> None:
    with pytest.raises((AssertionError, KeyError, SettingError)):
        HOLD[language](Block("page.md", 1, language, code))
