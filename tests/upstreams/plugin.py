"""Fixtures around the scripted provider."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.network import egress
from playground.upstream import readiness
from playground.upstream.local_model import abilities
from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream

SERVER_KEY = "sk-server-canary-7f3a91"


@pytest.fixture(autouse=True)
def _quick_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the tests of its time wait for it."""
    monkeypatch.setattr(egress, "REFUSAL_SECONDS", 0)


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which servers on this machine run, and what they can, is found out anew in each test."""
    monkeypatch.setattr(readiness, "probe", readiness.Probe())
    monkeypatch.setattr(abilities, "probe", abilities.Probe())


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedUpstream]:
    """A provider on loopback, which may be called as a private upstream."""
    with ScriptedUpstream() as server:
        configure(PLAYGROUND_PRIVATE_UPSTREAMS=server.host_port)
        yield server


@pytest.fixture
def provider(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The id of a catalogue entry that stands for the scripted provider, its key held by the server."""
    catalogue_of(upstream, monkeypatch, tmp_path)
    return "test"


def catalogue_of(
    upstream: ScriptedUpstream,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    dialects: tuple[str, ...] = ("chat_completions",),
) -> None:
    """Makes `upstream` the provider "test" of the catalogue, and lets it be called as a private upstream."""
    file = folder / "providers.toml"
    file.write_text(
        f"""
[[provider]]
id = "test"
label = "Test"
base_url = "{upstream.url}"
key_variable = "TEST_API_KEY"
dialects = {json.dumps(dialects)}
models = ["m"]
"""
    )
    configure(PLAYGROUND_PRIVATE_UPSTREAMS=upstream.host_port)
    configure(PLAYGROUND_PROVIDERS=str(file))
    monkeypatch.setenv("TEST_API_KEY", SERVER_KEY)
