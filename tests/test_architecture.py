"""ARCHITECTURE.md matches the code: its rooms, what each imports, and the files that it names."""

import ast
import pkgutil
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "playground"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROOMS = [folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()]
LONGEST_MODULE, LARGEST_ROOM = 350, 2000


def _imports() -> dict[str, set[str]]:
    """Return for each room the other rooms that its modules import."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in PACKAGE.glob("*/**/*.py"):
        room = file.relative_to(PACKAGE).parts[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "playground":
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                found[room] |= {name.split(".")[1] for name in names} & set(ROOMS) - {room}
    return found


def _table() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\w ]*)\|$", TEXT, re.MULTILINE)
    return {room: set(imports.split()) for room, imports in rows}


def test_the_table_has_each_room_and_what_it_imports() -> None:
    imports = _imports()

    assert _table() == {room: imports[room] for room in ROOMS}


def test_the_rooms_are_listed_in_the_order_that_is_enforced() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    held = [room.removeprefix("playground.") for layer in layers for room in layer.split(" : ")]

    assert list(_table()) == [room for room in held if room in ROOMS]


def test_every_file_it_names_exists() -> None:
    files = re.findall(r"`((?:playground|tests|static|locale|scripts)/[\w/.]*)`", TEXT)
    modules = re.findall(rf"`((?:{'|'.join(ROOMS)})\.\w+)[\w.]*`", TEXT)
    paths = [*files, *(f"playground/{module.replace('.', '/')}" for module in modules)]

    missing = [path for path in paths if not any((ROOT / f"{path}{end}").exists() for end in ("", ".py"))]
    assert files
    assert modules
    assert missing == []


def test_every_function_of_the_walks_exists() -> None:
    walks = TEXT.partition("## Three paths through the code")[2].partition("## ")[0]
    names = re.findall(rf"`((?:{'|'.join(ROOMS)})(?:\.\w+){{2,}})`", walks)

    for name in names:
        pkgutil.resolve_name(f"playground.{name}")
    assert len(names) > 12


def _lines(files: Iterable[Path]) -> int:
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)


def test_no_module_is_too_long_to_read() -> None:
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "static/js").glob("*.js")]
    sizes = {file: _lines([file]) for file in files}

    assert {file: size for file, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_no_room_is_too_large() -> None:
    """But for migrations, which Django writes. The folder of each dialect counts as a room."""
    sizes: dict[str, int] = defaultdict(int)
    for file in PACKAGE.glob("*/**/*.py"):
        room, *inner = file.relative_to(PACKAGE).parts
        own = f"{room}/{inner[0]}" if room == "dialects" and len(inner) > 1 else room
        sizes[own] += _lines([file]) if "migrations" not in inner else 0

    assert {room: size for room, size in sizes.items() if size > LARGEST_ROOM} == {}
