"""Settings: which values each form accepts, and the error for others."""

from pathlib import Path

import pytest

from playground import config
from playground.config_types import Rate, SettingError


def test_an_unset_variable_has_its_default() -> None:
    assert config.read("PLAYGROUND_CONNECT_SECONDS", {}) == 5


def test_a_file_gives_the_value(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")

    assert config.secret("KEY", {"KEY_FILE": str(tmp_path / "secret")}) == "from the file"


def test_the_variable_wins_over_the_file(tmp_path: Path) -> None:
    assert config.secret("KEY", {"KEY": "direct", "KEY_FILE": str(tmp_path / "missing")}) == "direct"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="KEY_FILE names a file that cannot be read"):
        config.secret("KEY", {"KEY_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLAYGROUND_DEBUG", "perhaps"),
        ("PLAYGROUND_PRIVATE_UPSTREAMS", "10.0.0.5"),
        ("PLAYGROUND_PRIVATE_UPSTREAMS", "10.0.0.5:http"),
        ("PLAYGROUND_PRIVATE_UPSTREAMS", "10.0.0.5:70000"),
        ("PLAYGROUND_SILENCE_SECONDS", "0"),
        ("PLAYGROUND_SILENCE_SECONDS", "nan"),
        ("PLAYGROUND_SILENCE_SECONDS", "a while"),
        ("PLAYGROUND_REQUEST_BYTES", "-1"),
        ("PLAYGROUND_REQUEST_BYTES", "1e6"),
        ("PLAYGROUND_THREADS", "1"),
        ("PLAYGROUND_CLIENT_RATE", "20"),
        ("PLAYGROUND_CLIENT_RATE", "0/minute"),
        ("PLAYGROUND_CLIENT_RATE", "20/fortnight"),
        ("PLAYGROUND_TOTAL_RATE", "many/day"),
        ("PLAYGROUND_TRUSTED_PROXIES", "nginx"),
        ("PLAYGROUND_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("CACHE_URL", "memcached://cache"),
        ("CACHE_URL", "redis://"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql://host"),
        ("DATABASE_URL", "postgresql://host/name?no=such"),
    ],
)
def test_an_invalid_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} "):
        config.read(name, {name: value})


def test_private_upstreams_are_exact_pairs() -> None:
    value = "10.0.0.5:8080, [FD00::1]:80"

    assert config.read("PLAYGROUND_PRIVATE_UPSTREAMS", {"PLAYGROUND_PRIVATE_UPSTREAMS": value}) == {
        ("10.0.0.5", 8080),
        ("fd00::1", 80),
    }


def test_rates_are_counts_in_a_period() -> None:
    def read(value: str) -> object:
        return config.read("PLAYGROUND_CLIENT_RATE", {"PLAYGROUND_CLIENT_RATE": value})

    assert read("20/minute, 500/day") == (Rate(20, 60), Rate(500, 86_400))
    assert read("1/second,2/hour") == (Rate(1, 1), Rate(2, 3600))
    assert read("Off") == ()


def test_trusted_proxies_are_networks() -> None:
    value = "127.0.0.1, 10.0.0.0/8, unix, FD00::1"

    found = config.read("PLAYGROUND_TRUSTED_PROXIES", {"PLAYGROUND_TRUSTED_PROXIES": value})

    assert found == {"127.0.0.1/32", "10.0.0.0/8", "unix", "fd00::1/128"}


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("", ""),
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        ("valkey://cache:6379/0", "redis://cache:6379/0"),
        ("valkeys://u:p@cache/0", "rediss://u:p@cache/0"),
    ],
)
def test_redis_and_valkey_use_the_same_driver(value: str, url: str) -> None:
    assert config.read("CACHE_URL", {"CACHE_URL": value}) == url


def test_a_database_is_read_as_postgresqls_own_tools_read_it() -> None:
    value = "postgres://ada:p%40ss@db.internal:5433/playground?sslmode=require&keepalives_idle=60"

    found = config.read("DATABASE_URL", {"DATABASE_URL": value})

    assert found == {
        "ENGINE": "playground.database.postgresql",
        "NAME": "playground",
        "USER": "ada",
        "PASSWORD": "p@ss",
        "HOST": "db.internal",
        "PORT": "5433",
        "OPTIONS": {
            "connect_timeout": 5,
            "tcp_user_timeout": 15_000,
            "keepalives_idle": "60",
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "sslmode": "require",
        },
    }


def test_an_invalid_database_url_is_not_quoted() -> None:
    with pytest.raises(SettingError) as raised:
        config.read("DATABASE_URL", {"DATABASE_URL": "postgresql://ada:hunter2 x@host/name"})

    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None or "hunter2" not in str(raised.value.__cause__)
