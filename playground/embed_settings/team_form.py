"""The form of a team's embed: as in Django's admin, but with the team's keys."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from playground.embed_settings.admin_form import EmbedForm
from playground.embeds.models import Embed
from playground.embeds.paying import gives_servers_key
from playground.keys.models import Key
from playground.teams.models import Team

_READER, _SERVER, _TEAMS = "reader", "server", "key:"
_OTHER_PROVIDER = gettext_noop("This key isn’t for %(provider)s. Choose another one.")
_NOT_GIVEN = gettext_noop(
    "The server’s key for %(provider)s wasn’t given to your team. (Administrators can add the team to "
    "PLAYGROUND_KEY_TEAMS.)"
)


class TeamEmbedForm(EmbedForm):
    """The settings of an embed of `team`. A new one gets the team's number before its name."""

    pays = forms.ChoiceField(label=_("API key"))

    class Meta(EmbedForm.Meta):
        fields = [  # type: ignore[assignment]
            *["name", "origins", "provider", "api", "request", "locked", "pays", "replay_only"],
            *["max_tokens", "n", "request_bytes"],
            *["reader_calls_a_day", "reader_tokens_a_day", "calls_a_day", "tokens_a_day"],
        ]

    def __init__(self, team: Team, *args: Any, **options: Any) -> None:
        # What has a default in the database only is no text yet.
        embed = options.setdefault("instance", Embed(team=team, team_key=""))
        embed.pays = _pays(embed)
        options["initial"] = {"pays": embed.pays}
        super().__init__(*args, **options)
        self.team = team
        if embed.pk:
            del self.fields["name"]
        keys = Key.objects.filter(team=team, member=None).exclude(provider="")
        teams = dict.fromkeys(key.name for key in keys if key.is_in_use)
        if embed.team_key:  # also if it is gone
            teams.setdefault(embed.team_key)
        choices: list[Any] = [(_READER, Embed.Key.READER.label)]
        choices += [(f"{_TEAMS}{name}", gettext("Team’s key “%(name)s”") % {"name": name}) for name in teams]
        pays: Any = self.fields["pays"]
        pays.choices = [*choices, (_SERVER, gettext("Server’s key, if it was given to your team"))]

    def clean_name(self) -> str:
        """Return the name with the team's number: names of other teams tell nobody anything."""
        return f"team{self.team.pk}-{self.cleaned_data['name']}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        pays, embed = cleaned.get("pays", _READER), self.instance
        embed.key = Embed.Key.READER if pays == _READER else Embed.Key.SERVER
        embed.team_key = pays.removeprefix(_TEAMS) if pays.startswith(_TEAMS) else ""
        provider = cleaned.get("provider", "")
        keys = Key.objects.filter(team=self.team, member=None, name=embed.team_key, provider=provider)
        if embed.team_key and not any(key.is_in_use for key in keys):
            self.add_error("pays", gettext(_OTHER_PROVIDER) % {"provider": provider})
        elif pays == _SERVER and not gives_servers_key(Embed(team=self.team, provider=provider)):
            self.add_error("pays", gettext(_NOT_GIVEN) % {"provider": provider})
        return cleaned

    @property
    def changed_columns(self) -> list[str]:
        names = [name for name in self.changed_data if name != "pays"]
        return [*names, "key", "team_key"] if "pays" in self.changed_data else names


def _pays(embed: Embed) -> str:
    if embed.key == Embed.Key.READER:
        return _READER
    return f"{_TEAMS}{embed.team_key}" if embed.team_key else _SERVER
