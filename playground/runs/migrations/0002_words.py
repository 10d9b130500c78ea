"""What finds runs by their words: see `playground.runs.search`."""

from typing import Any

from django.db import migrations

SQLITE = """CREATE VIRTUAL TABLE runs_words USING fts5(
    words, content='runs_run', content_rowid='id', detail='none', columnsize=0, tokenize='ascii')"""
POSTGRESQL = "CREATE INDEX runs_words ON runs_run USING gin (array_to_tsvector(string_to_array(words, ' ')))"


def create(apps: Any, schema_editor: Any) -> None:
    del apps
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def drop(apps: Any, schema_editor: Any) -> None:
    del apps
    kind = "TABLE" if schema_editor.connection.vendor == "sqlite" else "INDEX"
    schema_editor.execute(f"DROP {kind} runs_words")


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
