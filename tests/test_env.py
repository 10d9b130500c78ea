"""Settings: what each form takes, and what is said of the rest."""

from pathlib import Path

import pytest

from playground import env


def test_a_default_holds_while_nothing_is_set() -> None:
    assert env.read("PLAYGROUND_CONNECT_SECONDS", {}) == 5


def test_a_file_gives_the_value(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")

    assert env.secret("KEY", {"KEY_FILE": str(tmp_path / "secret")}) == "from the file"


def test_the_variable_wins_over_the_file(tmp_path: Path) -> None:
    assert env.secret("KEY", {"KEY": "direct", "KEY_FILE": str(tmp_path / "missing")}) == "direct"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(env.SettingError, match="KEY_FILE names a file that cannot be read"):
        env.secret("KEY", {"KEY_FILE": str(tmp_path / "missing")})


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
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(env.SettingError, match=f"^{name} "):
        env.read(name, {name: value})


def test_private_upstreams_are_exact_pairs() -> None:
    value = "10.0.0.5:8080, [FD00::1]:80"

    assert env.read("PLAYGROUND_PRIVATE_UPSTREAMS", {"PLAYGROUND_PRIVATE_UPSTREAMS": value}) == {
        ("10.0.0.5", 8080),
        ("fd00::1", 80),
    }
