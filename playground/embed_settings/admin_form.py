"""The form of an embed in Django's admin."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_noop

from playground.catalogue.providers import catalogue
from playground.dialects import DIALECTS
from playground.embeds.models import Embed

_CHANGED = gettext_noop("Someone else changed this to “%(now)s”. Open this page again to edit that value.")
_NAME = gettext_noop("Use only letters, digits, hyphens, and underscores.")


def names(field: str) -> dict[str, str]:
    """Return the IDs that `provider` or `api` can have, and their names in the reader's language."""
    labels = catalogue() if field == "provider" else DIALECTS
    return {id_: gettext(one.label) for id_, one in labels.items()}


class EmbedForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of an embed. Providers come from the provider list.

    If someone else saves the embed while the form is open, the form saves only what its user changed. It is
    an error if both changed a field differently. `kept` names the fields that only others changed.
    """

    class Meta:
        model = Embed
        fields = "__all__"  # noqa: DJ007 -- the admin chooses among them
        widgets = {
            "origins": forms.Textarea(attrs={"rows": 4, "cols": 60}),
            "request": forms.Textarea(attrs={"rows": 14, "cols": 80, "spellcheck": "false"}),
            "locked": forms.Textarea(attrs={"rows": 4, "cols": 40}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kept: list[str] = []
        for name in {"provider", "api"} & {*self.fields}:
            self.fields[name].widget = forms.Select(choices=[*names(name).items()])
        if "name" in self.fields:
            self.fields["name"].error_messages["invalid"] = gettext(_NAME)
        for field in self.fields.values():
            field.show_hidden_initial = self.instance.pk is not None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            return cleaned
        for name in list(cleaned):
            now, opened = getattr(self.instance, name), self._opened_with(name)
            if _is_same(opened, now):
                continue
            if name not in self.changed_data:
                self.kept.append(name)
                cleaned[name] = now
            elif not _is_same(cleaned[name], now):
                self.add_error(name, gettext(_CHANGED) % {"now": now})
        return cleaned

    def _opened_with(self, name: str) -> Any:
        """Return the value that the form was opened with."""
        field, place = self.fields[name], self.add_initial_prefix(name)
        return field.to_python(field.hidden_widget().value_from_datadict(self.data, self.files, place))


def _is_same(one: Any, other: Any) -> bool:
    """Compare, ignoring how browsers write line breaks."""
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
    return bool(one == other)
