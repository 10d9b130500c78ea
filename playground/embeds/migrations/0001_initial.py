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
                (
                    "name",
                    models.SlugField(
                        help_text="The tags in your pages use this name.",
                        max_length=80,
                        unique=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "active",
                    models.BooleanField(
                        default=True,
                        help_text="Turn off to stop all calls at once. Saved answers are still shown.",
                        verbose_name="active",
                    ),
                ),
                (
                    "origins",
                    models.TextField(
                        help_text="Sites that can show the embed, one per line, such as https://docs.example.org.",
                        verbose_name="origins",
                    ),
                ),
                ("provider", models.CharField(max_length=80, verbose_name="provider")),
                (
                    "request",
                    models.TextField(
                        help_text="The request body, as JSON. A request in a page’s tag takes precedence.",
                        verbose_name="request",
                    ),
                ),
                (
                    "locked",
                    models.TextField(
                        blank=True,
                        help_text="Fields of the request that readers can’t change, one per line, such as model.",
                        verbose_name="locked fields",
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        choices=[("reader", "Reader’s own key"), ("server", "Server’s key")],
                        default="reader",
                        max_length=10,
                        verbose_name="API key",
                    ),
                ),
                (
                    "replay_only",
                    models.BooleanField(
                        default=False,
                        help_text="Readers can’t make calls.",
                        verbose_name="saved answers only",
                    ),
                ),
                (
                    "max_tokens",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Leave empty to use the limit of the provider.",
                        null=True,
                        verbose_name="output tokens per call",
                    ),
                ),
                (
                    "n",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Leave empty to use the limit of the provider.",
                        null=True,
                        verbose_name="choices per call",
                    ),
                ),
                (
                    "request_bytes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Leave empty to use the limit of the provider.",
                        null=True,
                        verbose_name="request size in bytes",
                    ),
                ),
                (
                    "reader_calls_a_day",
                    models.PositiveIntegerField(default=20, verbose_name="daily calls per reader"),
                ),
                (
                    "reader_tokens_a_day",
                    models.PositiveIntegerField(default=20000, verbose_name="daily tokens per reader"),
                ),
                (
                    "calls_a_day",
                    models.PositiveIntegerField(default=500, verbose_name="daily calls of all readers"),
                ),
                (
                    "tokens_a_day",
                    models.PositiveIntegerField(default=200000, verbose_name="daily tokens of all readers"),
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
                        verbose_name="embed",
                        to="embeds.embed",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved answer",
                "verbose_name_plural": "saved answers",
                "ordering": ["at"],
                "constraints": [
                    models.UniqueConstraint(fields=("embed", "digest"), name="one_recording_a_request")
                ],
            },
        ),
    ]
