"""The real local model, for tests that call one."""

from collections.abc import Iterator

import pytest

from playground.upstream.local_model import weights
from playground.upstream.local_model.supervisor import Supervisor
from tests.configuration import configure


@pytest.fixture(scope="session")
def running_model() -> Iterator[Supervisor]:
    """One model for the whole run; its weights come from the user's cache, downloaded once."""
    model = Supervisor(weights.ensure(weights.SMOLLM2, weights.cache_folder()))
    model.start()
    model.wait_until_ready()
    yield model
    model.stop()


@pytest.fixture
def local_model(running_model: Supervisor, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    """The running model as the provider `local`."""
    configure(PLAYGROUND_LOCAL_MODEL_URL=running_model.url)
    monkeypatch.setenv("LOCAL_API_KEY", running_model.key)
    return running_model
