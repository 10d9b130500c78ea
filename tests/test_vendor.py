"""Third-party files are exactly those listed in `vendor.toml`, byte for byte."""

import hashlib
import tomllib
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "static" / "vendor"
LIBRARIES = tomllib.loads((VENDOR / "vendor.toml").read_text(encoding="utf-8"))["library"]


def test_each_file_has_its_recorded_checksum() -> None:
    sums = {name: sum_ for library in LIBRARIES for name, sum_ in library["sha256"].items()}
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name != "vendor.toml"]

    assert sums == {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_each_library_says_version_licence_and_source() -> None:
    for library in LIBRARIES:
        assert all(library[key] for key in ("name", "version", "licence", "source"))
