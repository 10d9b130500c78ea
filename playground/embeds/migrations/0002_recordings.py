"""A recorded answer for each request, in place of one for each embed."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from playground.embeds import policy


def _digest_all(apps: Any, schema_editor: Any) -> None:
    """The one recording that each embed could have answers the embed's own request."""
    recordings = apps.get_model("embed", "RecordedAnswer").objects.using(schema_editor.connection.alias)
    for answer in recordings.all():
        body = answer.call.get("body")
        answer.digest = policy.digest(body if isinstance(body, dict) else {})
        answer.size = len(answer.body)
        answer.save(update_fields=["digest", "size"])


class Migration(migrations.Migration):
    dependencies = [("embed", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="recordedanswer",
            options={
                "ordering": ["at"],
                "verbose_name": "recorded answer",
                "verbose_name_plural": "recorded answers",
            },
        ),
        migrations.AlterField(
            model_name="recordedanswer",
            name="embed",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="recordings", to="embed.embed"
            ),
        ),
        migrations.AddField("recordedanswer", "digest", models.CharField(default="", max_length=32)),
        migrations.AddField("recordedanswer", "tag", models.JSONField(default=dict)),
        migrations.AddField("recordedanswer", "size", models.PositiveBigIntegerField(default=0)),
        migrations.RunPython(_digest_all, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("recordedanswer", "digest", models.CharField(max_length=32)),
        migrations.AddConstraint(
            "recordedanswer",
            models.UniqueConstraint(fields=("embed", "digest"), name="one_recording_a_request"),
        ),
    ]
