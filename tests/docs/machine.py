"""The machine that runs the docs' code: what it reaches at the addresses that the docs name.

The code runs unchanged. Only its environment differs: keys, certificates and a proxy lead the providers'
names to `provider.Provider`, and the ports that the docs name lead to free ones here.
"""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from playground.catalogue.entries import read_providers
from playground.catalogue.providers import BUILT_IN
from playground.upstream.local_model.supervisor import Supervisor
from tests import forks
from tests.docs.pages import Block
from tests.docs.provider import HOSTS, KEYS, OLLAMA_PORT, Provider
from tests.people.place import serving_people
from tests.people.test_tokens import _token as made_token
from tests.site import serving
from tests.upstreams.proxy import ConnectProxy
from tests.upstreams.scripted import ScriptedUpstream

# The ports that the docs name.
PLAYGROUND_PORT = 8000
MODEL_PORT = 8484

# Packages that the docs install must be here already.
INSTALLS_NOTHING = {
    "PIP_DRY_RUN": "1",
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}

_PYTHON_PORTS = """\
import socket
_connect = socket.socket.connect
_ports = {ports}
def connect(self, address):
    if isinstance(address, tuple) and address[0] == "127.0.0.1":
        address = (address[0], _ports.get(address[1], address[1]))
    return _connect(self, address)
socket.socket.connect = connect
"""
# Node's fetch ignores our proxies and ports.
_NODE_HOSTS = """\
const real = globalThis.fetch;
const places = {places};
globalThis.fetch = (url, options) => {{
  const found = new URL(url);
  const place = places[found.host];
  if (!place) throw new Error(`The docs call ${{found.host}}, which is nobody here.`);
  return real(new URL(found.pathname + found.search, place), options);
}};
"""


@dataclass
class Machine:
    folder: Path
    provider: Provider
    environment: Mapping[str, str]
    python_ports: str
    upstream: str
    _number: int = field(default=0)

    def run(self, block: Block, **further: str) -> subprocess.CompletedProcess[str]:
        """Run a block to its end, in an empty folder of its own, with `further` environment variables."""
        self.provider.forget()
        self._number += 1
        folder = self.folder / str(self._number)
        folder.mkdir()
        (folder / "home").mkdir()
        file = folder / {"python": "code.py", "js": "code.mjs", "bash": "code.sh"}[block.language]
        file.write_text(block.code, encoding="utf-8")
        environment = {**self.environment, **further, "HOME": str(folder / "home")}
        if block.language == "python":
            return forks.run([str(file)], cwd=folder, env=environment, imports=self.python_ports + forks.SDKS)
        command = {
            "js": ["node", "--import", (self.folder / "hosts.mjs").as_uri()],
            "bash": ["bash", "-e", "-o", "pipefail"],
        }[block.language]
        return subprocess.run(
            [*command, str(file)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="package")
def machine(running_model: Supervisor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    provider = Provider()
    folder = tmp_path_factory.mktemp("docs-machine")
    with ExitStack() as stack:
        authority = trustme.CA()
        certificates = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(certificates))
        context = _server_context(authority)
        tls = stack.enter_context(ScriptedUpstream(tls=context))
        plain = stack.enter_context(ScriptedUpstream())
        tls.reply(provider.reply)
        plain.reply(provider.reply)
        tunnels = {f"{host}:443": ("127.0.0.1", tls.port) for host in HOSTS}
        proxy = stack.enter_context(ConnectProxy(tunnels))
        port = stack.enter_context(_playground(folder, plain, running_model))
        ports = {PLAYGROUND_PORT: port, MODEL_PORT: running_model.port, OLLAMA_PORT: plain.port}
        python_ports = _PYTHON_PORTS.format(ports=ports)
        environment = _environment(folder, proxy, certificates, python_ports, ports, plain, running_model)
        yield Machine(folder, provider, environment, python_ports, plain.host_port)


@pytest.fixture(scope="package")
def program(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a program with an API token has, and a playground with accounts for it."""
    variables = {
        "PLAYGROUND_PROVIDERS": str(machine.folder / "openai.toml"),
        "PLAYGROUND_PRIVATE_UPSTREAMS": machine.upstream,
        "OPENAI_API_KEY": KEYS["openai"],
    }
    with serving_people(tmp_path_factory.mktemp("docs-program"), **variables) as place:
        token = made_token(place.person("her", "One", "member"), "sends")
        yield {"PLAYGROUND_URL": place.site.address.rstrip("/"), "PLAYGROUND_TOKEN": token}


def _server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    return context


@contextmanager
def _playground(folder: Path, upstream: ScriptedUpstream, model: Supervisor) -> Iterator[int]:
    """Start the playground as `scripts/play` serves it, with the scripted provider as OpenAI."""
    catalogue = folder / "openai.toml"
    catalogue.write_text(
        f'[[provider]]\nid = "openai"\nlabel = "OpenAI"\nbase_url = "{upstream.url}"\n'
        'key_variable = "OPENAI_API_KEY"\nmodels = ["gpt-4o-mini"]\n',
        encoding="utf-8",
    )
    variables = {
        "PLAYGROUND_PROVIDERS": str(catalogue),
        "PLAYGROUND_LOCAL_MODEL_URL": model.url,
        "LOCAL_API_KEY": model.key,
        "OPENAI_API_KEY": KEYS["openai"],
    }
    with serving(folder, upstream.host_port, **variables) as site:
        yield site.port


def _environment(
    folder: Path,
    proxy: ConnectProxy,
    certificates: Path,
    python_ports: str,
    ports: dict[int, int],
    plain: ScriptedUpstream,
    model: Supervisor,
) -> dict[str, str]:
    python = folder / "python"
    python.mkdir()
    (python / "sitecustomize.py").write_text(python_ports)
    lines = [f'connect-to = "127.0.0.1:{named}:127.0.0.1:{real}"' for named, real in ports.items()]
    (folder / ".curlrc").write_text("\n".join(lines) + "\n")
    entries = read_providers(BUILT_IN)
    places = {"api.openai.com": f"http://{plain.host_port}"}
    (folder / "hosts.mjs").write_text(_NODE_HOSTS.format(places=places))
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(python),
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "CURL_HOME": str(folder),
        "HTTPS_PROXY": f"http://{proxy.host_port}",
        "NO_PROXY": "127.0.0.1,localhost",
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(certificates)),
        **INSTALLS_NOTHING,
        **{
            entry.key_variable: KEYS[id_]
            for id_, entry in entries.items()
            if id_ in KEYS and entry.key_variable
        },
        "LOCAL_API_KEY": model.key,
    }
