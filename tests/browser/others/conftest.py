"""The page in Firefox and in WebKit: `scripts/browsers` installs the two and runs this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.upstream.local_model.supervisor import Supervisor
from tests.browser.others.tabs import Tab, firefox, webkit
from tests.site import migrate, serving
from tests.upstreams.scripted import ScriptedUpstream


@pytest.fixture(scope="session")
def address(
    running_model: Supervisor, provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve the page as `scripts/play` does: with the local model, and with runs."""
    folder, upstream = tmp_path_factory.mktemp("site"), provider_server.host_port
    environment = {
        "PLAYGROUND_LOCAL_MODEL_URL": running_model.url,
        "LOCAL_API_KEY": running_model.key,
        "PLAYGROUND_DATABASE": str(folder / "playground.sqlite3"),
        "PLAYGROUND_RUNS": "1",
    }
    migrate(folder, upstream, **environment)
    with serving(folder, upstream, **environment) as site:
        yield site.address


@pytest.fixture(params=[firefox, webkit], ids=lambda browser: browser.__name__)
def tab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tab]:
    """Open a tab with a fresh profile. The test fails if the page complained about anything."""
    with request.param(tmp_path) as opened:
        opened.resize(1440, 900)
        yield opened
        assert opened.complained() == []
