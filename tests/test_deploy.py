"""The files of deploy/: what each program that reads them says, if it is here, and what must hold anyway."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from playground.config_variables import VARIABLES
from playground.keys import sealing
from tests import nginx

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
# Read by gunicorn, or by its configuration.
_SERVERS = {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "BIND"}
_PYTHONS = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
_SECRET = re.compile(r"SECRET|PASSWORD|DATA_KEYS|_API_KEY")


def _known() -> set[str]:
    return {variable.name for variable in VARIABLES} | _SERVERS | _PYTHONS


def _instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in their order, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def _compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def test_the_image_copies_what_there_is_and_what_is_let_through() -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[0] == "!"
    }
    copied = {source for name, rest in _instructions() if name == "COPY" for source in rest.split()[:-1]}

    assert copied == allowed
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_image_runs_as_a_user_without_rights_and_holds_no_secret() -> None:
    found = _instructions()
    names = [name for name, _ in found]

    assert dict(found)["USER"].isdigit()
    assert int(dict(found)["USER"]) > 0
    assert names.index("USER") < names.index("CMD")
    assert "/healthz" in dict(found)["HEALTHCHECK"]
    assert json.loads(dict(found)["CMD"]) == ["gunicorn", "playground.wsgi"]
    set_here = re.findall(r"(\w+)=", " ".join(rest for name, rest in found if name in ("ENV", "ARG")))
    assert set(set_here) <= _known()
    assert [name for name in set_here if _SECRET.search(name)] == []


def test_compose_sets_known_settings_and_starts_with_no_default_secret() -> None:
    services = _compose()["services"]

    assert set(services["web"]["environment"]) <= _known()
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if _SECRET.search(name) or "password" in str(value).lower():
                assert re.search(r"\$\{\w+:\?\}", value), name


def test_the_command_for_a_data_key_makes_one() -> None:
    command = re.findall(r"PLAYGROUND_DATA_KEYS +(openssl .*)", (DEPLOY / "compose.yaml").read_text("utf-8"))[
        0
    ]
    for page in ("run/keys.md", "zh/run/keys.md"):
        assert f"`{command}`" in (ROOT / "docs" / page).read_text("utf-8")

    made = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout.strip()
    assert sealing.problem([made], "") is None


def test_web_is_read_only_waits_for_migrations_and_is_reached_from_this_machine_only() -> None:
    services = _compose()["services"]
    web = services["web"]

    assert web["read_only"]
    assert web["tmpfs"] == ["/tmp"]
    assert web["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert "migrate" in services["migrate"]["command"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_the_scheduler_runs_as_web_does() -> None:
    services = _compose()["services"]

    assert services["scheduler"]["command"] == ["python", "manage.py", "scheduler"]
    assert services["scheduler"]["environment"] == services["web"]["environment"]
    units = [(DEPLOY / f"playground{name}.service").read_text("utf-8") for name in ("", "-scheduler")]
    # One user, whose state both may read.
    same = [
        re.findall(r"^(?:DynamicUser|User|StateDirectory|Environment\w*)=.*", unit, re.MULTILINE)
        for unit in units
    ]
    assert same[0] == same[1]


def test_nginx_passes_on_what_the_docs_say() -> None:
    ours = (DEPLOY / "nginx.conf").read_text("utf-8")
    page = (ROOT / "docs" / "run" / "production.md").read_text("utf-8")
    block = page.split("```nginx")[1].split("```")[0]
    directives = re.findall(r"^\s*([^#\n]*;)", block, flags=re.MULTILINE)

    assert len(directives) > 8
    assert [directive for directive in directives if directive not in ours] == []


@pytest.mark.skipif(not nginx.PROGRAM, reason="needs nginx")
def test_nginx_accepts_its_file(tmp_path: Path) -> None:
    written = nginx.configuration(tmp_path, (18080, 18443), ["127.0.0.1:8000"])

    command = nginx.command(tmp_path, written, "-t")
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
@pytest.mark.parametrize("name", ["playground.service", "playground-scheduler.service"])
def test_systemd_accepts_its_units(tmp_path: Path, name: str) -> None:
    unit = (DEPLOY / name).read_text("utf-8")
    # The programs are where the playground is installed, not here.
    unit = unit.replace("/opt/api-playground/.venv/bin/python", shutil.which("true") or "")
    unit = unit.replace("/opt/api-playground/.venv/bin/gunicorn", shutil.which("true") or "")
    (tmp_path / name).write_text(unit, "utf-8")

    said = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    assert name not in said.stderr
