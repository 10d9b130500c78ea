"""Indexes of what each member of a team sees, made while runs are written."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def _operation(schema_editor: Any) -> Any:
    return AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else migrations.AddIndex


class _AddIndex(AddIndexConcurrently):
    """SQLite makes it at once, as any other."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _operation(schema_editor).database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        _operation(schema_editor).database_backwards(self, app_label, schema_editor, from_state, to_state)


def _drop_invalid(_: object, schema_editor: Any) -> None:
    """An index that was not made to its end stays, marked as invalid: begin anew."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for name in ("seen_by_a_team", "seen_by_a_person"):
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("runs", "0008_kept_of_a_team"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(_drop_invalid, migrations.RunPython.noop),
        _AddIndex(
            model_name="run",
            index=models.Index(
                fields=["team", "id"], name="seen_by_a_team", condition=models.Q(private=False)
            ),
        ),
        _AddIndex(
            model_name="run",
            index=models.Index(
                fields=["team", "person", "id"], name="seen_by_a_person", condition=models.Q(private=True)
            ),
        ),
    ]
