"""Calls that a person stopped were marked as failed, so that a search for failed ones found them."""

from typing import Any

from django.db import migrations

from playground.runs.words import label


def mark(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    stopped = apps.get_model("runs", "Run").objects.filter(error="stopped")
    failed, right = label("s", "failed"), label("s", "stopped")
    for pk, before in list(stopped.values_list("pk", "words")):
        words = " ".join(sorted(right if word == failed else word for word in before.split()))
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                # The index is kept by hand: see `playground.runs.search`.
                gone = "INSERT INTO runs_words(runs_words, rowid, words) VALUES ('delete', %s, %s)"
                cursor.execute(gone, [pk, before])
                cursor.execute("INSERT INTO runs_words(rowid, words) VALUES (%s, %s)", [pk, words])
            cursor.execute("UPDATE runs_run SET words = %s WHERE id = %s", [words, pk])


class Migration(migrations.Migration):
    dependencies = [("runs", "0003_cost")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
