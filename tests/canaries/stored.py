"""Read all that a stopped server leaves behind: the values in its database, and its log."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.canaries.search import leaks
from tests.canaries.taps import Shared


def leaks_of_server(file: Path, variables: Mapping[str, str], log: bytes) -> list[str]:
    """Return what the processes of a server found, and what is in its log and database."""
    shared = Shared(file)
    shared.refresh()
    return list(
        dict.fromkeys([*shared.leaks, *leaks(shared.secrets, [("the log", log), *stored(variables)])])
    )


def stored(variables: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield the values of all tables of a server with these variables, if its database can be read."""
    if url := variables.get("DATABASE_URL"):
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                yield from _in_postgresql(connection)
        except psycopg.OperationalError:  # a test stopped it
            return
    elif (path := Path(variables.get("PLAYGROUND_DATABASE", ""))).is_file():
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            try:
                yield from _in_sqlite(connection)
            except sqlite3.DatabaseError:  # a test broke it
                return


def _in_postgresql(connection: "psycopg.Connection[Any]") -> Iterator[tuple[str, bytes]]:
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in tables:
        yield from _values(table, connection.execute(f'SELECT * FROM "{table}"'))  # type: ignore[arg-type]


def _in_sqlite(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        yield from _values(table, connection.execute(f'SELECT * FROM "{table}"'))


def _values(table: str, rows: Any) -> Iterator[tuple[str, bytes]]:
    for row in rows:
        for value in row:
            if isinstance(value, bytes | memoryview):
                yield f"table {table}", bytes(value)
            elif value is not None and not isinstance(value, int | float):
                yield f"table {table}", str(value).encode(errors="surrogatepass")
