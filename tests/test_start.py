"""A bad setting fails the start, with one line that names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forks
from tests.site import collected_files

ROOT = Path(__file__).parent.parent
KEY = {"PLAYGROUND_SECRET_KEY": "abcdefghij" * 6}


def _environment(settings: dict[str, str]) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "DJANGO_"))
    }
    return kept | settings


def _start(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Start a new Python."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _run(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Do the same in a fork, which need not import everything again."""
    return forks.run(command, cwd=ROOT, env=_environment(settings))


@pytest.mark.parametrize("command", ["check", "play"])
def test_an_invalid_value_is_reported_in_one_line(command: str) -> None:
    done = _start("manage.py", command, PLAYGROUND_SILENCE_SECONDS="a while", **KEY)

    assert done.returncode == 1
    assert done.stderr == "PLAYGROUND_SILENCE_SECONDS must be a number of seconds above 0 and below 86400\n"


# One for each kind of value; `text` and paths accept anything.
UNUSABLE = {
    "PLAYGROUND_CAPS": "maybe",
    "PLAYGROUND_PRIVATE_UPSTREAMS": "10.0.0.5",
    "PLAYGROUND_PORTS": "http",
    "PLAYGROUND_EGRESS_PROXY": "proxy",
    "PLAYGROUND_CLIENT_RATE": "20/fortnight",
    "PLAYGROUND_TRUSTED_PROXIES": "nginx",
    "PLAYGROUND_ARRIVAL_SECONDS": "soon",
    "PLAYGROUND_LOCAL_MODEL_URL": "no url",
    "PLAYGROUND_PORT": "http",
    "PLAYGROUND_THREADS": "1",
    "CACHE_URL": "memcached://x",
}


@pytest.mark.parametrize(("name", "value"), UNUSABLE.items())
def test_a_value_that_only_a_call_reads_fails_the_start_too(name: str, value: str) -> None:
    done = _run("manage.py", "check", **(KEY | {name: value}))

    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_secret_key_is_reported_with_how_to_make_one() -> None:
    for done in (_start("manage.py", "check"), _start("-c", "import playground.wsgi")):
        assert done.returncode == 1
        assert "PLAYGROUND_SECRET_KEY is not set" in done.stderr
        assert "secrets.token_urlsafe" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[provider", "can’t be read"),
        ('[[provider]]\nid = "x"\nlabel = "X"', "provider 'x': base_url is missing"),
        ('[[provider]]\nid = "x"\nlabel = "X"\nbase_url = "ftp://x"', "Start the base URL with"),
        ('[[provider]]\nid = "X Y"\nlabel = "X"\nbase_url = "https://x.example"', "id can have only"),
        ('[[provider]]\nid = "x"\nlabel = "X"\nbase_url = "https://x.example"\ncolour = 1', "colour"),
        (
            '[[provider]]\nid = "x"\nlabel = "X"\nbase_url = "https://x.example"\ndocs = "javascript:1"',
            "docs must be a link",
        ),
        (
            '[[provider]]\nid = "x"\nlabel = "X"\nbase_url = "https://x.example"\nkey_variable = "a b"',
            "key_variable",
        ),
    ],
)
def test_an_invalid_provider_file_names_the_entry(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(text)

    done = _run("manage.py", "check", PLAYGROUND_PROVIDERS=str(file), **KEY)

    assert done.returncode == 1
    assert words in done.stderr
    assert str(file) in done.stderr


def test_good_settings_pass_the_checks_for_production(tmp_path: Path) -> None:
    settings = KEY | {
        "PLAYGROUND_ALLOWED_HOSTS": "a.example",
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        "TEST_STATIC_ROOT": str(tmp_path),
    }
    check = ("manage.py", "check", "--deploy", "--fail-level=WARNING")
    assert "collectstatic" in _run(*check, **settings).stderr

    done = _run(*check, **settings | {"TEST_STATIC_ROOT": str(collected_files())})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be opened"), (b"no database" * 1000, "file is ")]
)
def test_an_unusable_database_is_reported_in_one_line(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "db.sqlite3"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)

    for command in (["migrate"], ["embed", "hello", "--show"]):
        done = _run("manage.py", *command, PLAYGROUND_DATABASE=str(file), **KEY)

        assert done.returncode == 1
        line = done.stderr.splitlines()[-1]
        assert words in line
        assert "Traceback" not in done.stderr


def test_an_unmigrated_database_is_reported_in_one_line(tmp_path: Path) -> None:
    done = _run(
        "manage.py", "embed", "hello", "--show", PLAYGROUND_DATABASE=str(tmp_path / "db.sqlite3"), **KEY
    )

    told = done.stderr.splitlines()[-1]
    assert told.startswith("CommandError: ")
    assert "the database is not migrated (run manage.py migrate)" in told
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_reported_in_one_line(tmp_path: Path) -> None:
    code = (
        "import errno, os, sys; sys.argv = ['manage.py', 'collectstatic', '--noinput'];"
        "from django.core.files.storage import FileSystemStorage as S\n"
        "def full(*_): raise OSError(errno.ENOSPC, 'No space left on device', '/data/static')\n"
        "S._save = full\n"
        "import manage; manage.main()"
    )
    done = _run(
        "-c", code, DJANGO_SETTINGS_MODULE="tests.served_settings", TEST_STATIC_ROOT=str(tmp_path), **KEY
    )

    assert done.returncode == 1
    assert done.stderr == "collectstatic: the disk is full: /data/static\n"


def test_the_driver_of_redis_is_loaded_only_with_it() -> None:
    """It takes a tenth of a start."""
    code = "import django, sys; django.setup(); import playground.urls; sys.exit('redis' in sys.modules)"

    assert _start("-c", code, DJANGO_SETTINGS_MODULE="playground.settings", **KEY).returncode == 0


def test_a_command_speaks_the_language_of_the_terminal(tmp_path: Path) -> None:
    settings = KEY | {"PLAYGROUND_DATABASE": str(tmp_path / "db.sqlite3"), "LC_ALL": "zh_CN.UTF-8"}

    assert "数据库尚未迁移" in _run("manage.py", "embed", "hello", **settings).stderr


def test_threads_of_the_server_share_no_lock_for_their_language(tmp_path: Path) -> None:
    code = (
        "import playground.wsgi, sys\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from django.urls import base\n"
        "from django.utils import timezone, translation\n"
        "with ThreadPoolExecutor(1) as other, translation.override('zh-hans'):\n"
        "    print(translation.get_language(), other.submit(translation.get_language).result())\n"
        "for values in translation.trans_real._active, timezone._active, base._prefixes, base._urlconfs:\n"
        "    print(type(values).__module__)\n"
    )
    served = {"DJANGO_SETTINGS_MODULE": "tests.served_settings", "TEST_STATIC_ROOT": str(collected_files())}
    done = _run("-c", code, PLAYGROUND_DATABASE=str(tmp_path / "db.sqlite3"), **served, **KEY)

    assert done.stdout.split() == ["zh-hans", "en", *["_thread"] * 4], done.stderr
