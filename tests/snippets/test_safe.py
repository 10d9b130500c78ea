"""Code is safe to paste: all of it is visible, and neither a shell nor Python reads more into it."""

import ast
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.dialects import DEFAULT, DIALECTS
from playground.exchange.call import Call
from playground.exchange.dialect import call_of
from playground.snippets import curl
from playground.snippets.visible import is_visible
from playground.text.endpoint import BaseURLError, Endpoint
from tests import chat
from tests.exchange.strategies import requests, texts
from tests.snippets.running import generated

# Unicode's complete Default_Ignorable_Code_Point (DerivedCoreProperties.txt).
DEFAULT_IGNORABLE = [
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
BLANK = [0x00A0, 0x1680, 0x2000, 0x2028, 0x2029, 0x202F, 0x205F, 0x2800, 0x3000, 0x1D159]
CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0xD800, 0xE000, 0xF8FF, 0xF0000, 0x10FFFF]
UNSEEN = [*(code for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)), *BLANK, *CONTROLS]

TARGETS = {target for dialect in DIALECTS.values() for target in dialect.targets}

unseen_texts = st.lists(st.sampled_from(UNSEEN).map(chr) | texts, max_size=6).map("".join)
variables = st.sampled_from([None, "OPENAI_API_KEY", "API_KEY", "_x", "k9"])


def _endpoint(text: str) -> Endpoint | None:
    try:
        return chat.endpoint(text)
    except BaseURLError:
        return None


_hosts = st.sampled_from(
    ["api.example.com", "münchen.example", "[2001:db8::1]:81", "[fe80::1%a]", "[v1.a:b]"]
)
_hard = st.text(st.sampled_from("/a$()`'&;{}[]*!~%0A@,=\\\"|<>\u202e\u3164"), max_size=12)
endpoints: st.SearchStrategy[Endpoint] = st.builds(
    lambda scheme, host, path: _endpoint(f"{scheme}://{host}/{path}"),
    st.sampled_from(["http", "https"]),
    _hosts | st.builds(lambda host, text: host.replace("]", f"{text}]"), _hosts, _hard),
    _hard,
).filter(bool)  # type: ignore[assignment]


@st.composite
def calls(draw: st.DrawFn) -> Call:
    endpoint = draw(endpoints)
    body = draw(requests) | {"user": draw(unseen_texts), draw(unseen_texts): draw(unseen_texts)}
    return chat.call(endpoint.base_url, draw(variables), body)


def test_invisible_characters_do_not_count_as_visible() -> None:
    assert [hex(code) for code in UNSEEN if is_visible(chr(code))] == []


def test_visible_characters_are_unchanged() -> None:
    text = "It's ~!@#$%^&*() 中文 é 👍🏽 ∅ ‰ ا"

    assert all(map(is_visible, text))
    body = {"model": text}
    for code in chat.code(chat.call("https://a.example/v1", None, body)).values():
        assert text.replace("'", "'\"'\"'") in code or text in code


@given(calls())
def test_all_of_the_code_is_visible(call: Call) -> None:
    for target in TARGETS:
        assert all(is_visible(character) or character == "\n" for character in target.render(call))


@given(calls())
def test_python_parses_the_code_as_one_call_with_its_arguments(call: Call) -> None:
    module = ast.parse(chat.code(call)["python"])

    made = {ast.unparse(node.func): node for node in ast.walk(module) if isinstance(node, ast.Call)}
    assert set(made) == {"OpenAI", "client.chat.completions.create", "print"}
    client = {keyword.arg: keyword.value for keyword in made["OpenAI"].keywords}
    assert ast.literal_eval(client["base_url"]) == call.base_url
    key = ast.unparse(client["api_key"])
    assert key == (f"os.environ[{call.key_variable!r}]" if call.key_variable else "'none'")
    arguments = made["client.chat.completions.create"]
    values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in arguments.keywords}
    extra = values.pop("extra_body", {})
    assert _canonical(values | extra) == _canonical(call.body)


# `curl` as a function that records its arguments, in a shell that finds no other command.
_RECORD = r"""
curl() {
  for argument in "$@"; do printf '%s\0' "$argument"; done
  case "$argument" in @-) while IFS= read -r line; do printf '%s\n' "$line"; done; printf '\0' ;; esac
  printf 'end of call\0'
}
for file in "$@"; do . "$file"; done
"""


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("longest", [curl._LONGEST_ARGUMENT, 0], ids=["argument", "standard input"])
def test_a_shell_reads_nothing_more_into_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str, longest: int
) -> None:
    monkeypatch.setattr(curl, "_LONGEST_ARGUMENT", longest)
    for name in ("a", "etc", "@a", "-d"):
        (tmp_path / name).write_text("a glob would find me")
    made = _some_calls()
    for number, call in enumerate(made):
        (tmp_path / f"{number}.sh").write_text(curl.render(call), encoding="utf-8")
    files = [f"./{number}.sh" for number in range(len(made))]

    subprocess.run([f"/bin/{shell}", "-n", *files], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        [f"/bin/{shell}", "-c", _RECORD, shell, *files],
        cwd=tmp_path,
        env={"PATH": "/nonexistent", "HOME": "EXPANDED", "LC_ALL": "C.UTF-8"}
        | {call.key_variable: "the key" for call in made if call.key_variable},
        check=True,
        capture_output=True,
    )

    assert done.stderr == b""
    ran = done.stdout.decode().split("end of call\0")[:-1]
    assert len(ran) == len(made)
    for text, call in zip(ran, made, strict=True):
        arguments = text.split("\0")[:-1]
        body, before = arguments.pop(), arguments
        assert before == _expected(call, longest)
        assert _canonical(json.loads(body)) == _canonical(call.body)


def _expected(call: Call, longest: int) -> list[str]:
    options = ["-N"] if call.body.get("stream") else []
    options += ["--globoff"] if set(call.url) & set("[]{}") else []
    headers = ["-H", "Content-Type: application/json"]
    headers += ["-H", "Authorization: Bearer the key"] if call.key_variable else []
    return [*options, call.url, *headers, *(["--data-raw"] if longest else ["--data-binary", "@-"])]


def _some_calls() -> list[Call]:
    made = []

    @settings(max_examples=100, derandomize=True, database=None)
    @given(endpoints)
    def collect(endpoint: Endpoint) -> None:
        made.append(endpoint)

    collect()
    names = [None, "OPENAI_API_KEY", "API_KEY", "_x"]
    return [
        chat.call(endpoint.base_url, names[number % 4], body)
        for number, (endpoint, body) in enumerate(zip(made, generated(requests, 100), strict=False))
    ]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_a_shell_in_which_one_types_reads_nothing_more_into_it_either(tmp_path: Path) -> None:
    endpoint = chat.endpoint("https://api.example.com/a!x")
    headers = (("X-Title", "Wow!x"), ("X-$HOME", "a"), ("X-`id`", 'a "!x" \\'), ("X-Plain", "it's"))
    body = {"model": "m", "messages": [{"role": "user", "content": "Wow!x it's !y\n!!"}]}
    call = call_of(DEFAULT, endpoint.base_url, None, body, headers=headers)
    typed = "set -o history -o histexpand\ncurl() { printf '%s\\0' \"$@\"; }\n" + curl.render(call)

    done = subprocess.run(
        ["/bin/bash", "--norc"], input=typed.encode(), cwd=tmp_path, check=True, capture_output=True
    )

    *arguments, data, _ = done.stdout.decode().split("\0")
    assert arguments[0] == call.url
    assert {f"{name}: {value}" for name, value in headers} <= {*arguments}
    assert json.loads(data) == body
