import django.db.models.deletion
from django.db import migrations, models

import playground.embeds.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Embed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(max_length=80, unique=True, verbose_name="name")),
                (
                    "active",
                    models.BooleanField(
                        default=True, help_text="Off: nothing is sent.", verbose_name="active"
                    ),
                ),
                (
                    "origins",
                    models.TextField(
                        help_text="Pages that may frame it, one a line: https://docs.example.org",
                        verbose_name="origins",
                    ),
                ),
                ("provider", models.CharField(max_length=80, verbose_name="provider")),
                (
                    "request",
                    models.TextField(help_text="The body of the call, as JSON.", verbose_name="request"),
                ),
                (
                    "locked",
                    models.TextField(
                        blank=True,
                        help_text="Fields of the request that readers cannot change, one a line: model, messages, …",
                        verbose_name="locked fields",
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        choices=[("reader", "the reader’s own"), ("server", "the server’s")],
                        default="reader",
                        max_length=10,
                        verbose_name="key",
                    ),
                ),
                (
                    "replay_only",
                    models.BooleanField(
                        default=False,
                        help_text="Readers make no call at all.",
                        verbose_name="only the recorded answer",
                    ),
                ),
                (
                    "max_tokens",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: what the catalogue allows.",
                        null=True,
                        verbose_name="most tokens a call",
                    ),
                ),
                ("n", models.PositiveIntegerField(blank=True, null=True, verbose_name="most answers a call")),
                (
                    "request_bytes",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="largest request, in bytes"
                    ),
                ),
                (
                    "reader_calls_a_day",
                    models.PositiveIntegerField(default=20, verbose_name="calls a day for each reader"),
                ),
                (
                    "reader_tokens_a_day",
                    models.PositiveIntegerField(default=20000, verbose_name="tokens a day for each reader"),
                ),
                ("calls_a_day", models.PositiveIntegerField(default=500, verbose_name="calls a day for all")),
                (
                    "tokens_a_day",
                    models.PositiveIntegerField(default=200000, verbose_name="tokens a day for all"),
                ),
            ],
            options={
                "verbose_name": "embed",
                "verbose_name_plural": "embeds",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="RecordedAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=32)),
                ("tag", playground.embeds.models.JSONText(default=dict)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("provider", models.CharField(max_length=80)),
                ("question", models.TextField()),
                ("status", models.PositiveSmallIntegerField()),
                ("content_type", models.CharField(max_length=200)),
                ("archive", playground.embeds.models.JSONText()),
                ("body", models.BinaryField()),
                (
                    "embed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recordings",
                        to="embeds.embed",
                    ),
                ),
            ],
            options={
                "verbose_name": "recorded answer",
                "verbose_name_plural": "recorded answers",
                "ordering": ["at"],
                "constraints": [
                    models.UniqueConstraint(fields=("embed", "digest"), name="one_recording_a_request")
                ],
            },
        ),
    ]
