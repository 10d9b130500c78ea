"""Which settings of an embed are valid."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from playground.dialects import DIALECTS
from playground.embeds import policy
from tests.embeds.client import REQUEST, make_embed
from tests.upstreams.plugin import catalogue_of
from tests.upstreams.scripted import ScriptedUpstream


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "a b"}, "name", "slug"),
        ({"origins": ""}, "origins", "blank"),
        ({"origins": "https://a.example *"}, "origins", "“*” isn’t a valid origin"),
        ({"provider": "nobody"}, "provider", "Use one of"),
        ({"provider": "local"}, "provider", "/admin/"),
        ({"request": "{"}, "request", "Invalid JSON"),
        ({"request": "[]"}, "request", "must be a JSON object"),
        ({"request": '{"model": "m", "model": "x"}'}, "request", "more than once"),
        ({"request": '{"model": "", "messages": []}'}, "request", "messages: Add at least one message"),
        ({"locked": "model; drop"}, "locked", "isn’t a valid field name"),
        ({"locked": "reasoning.effort"}, "locked", "Lock “reasoning”"),
        ({"key": "mine"}, "key", "not a valid choice"),
        ({"max_tokens": 1025}, "max_tokens", "from 1 to 1,024"),
        ({"n": 0}, "n", "from 1 to 2"),
        ({"request_bytes": 65_537}, "request_bytes", "from 1 to 65,536"),
        ({"max_tokens": 49}, "request", "max_tokens: With the server’s key, the limit is 49"),
        ({"request": json.dumps(REQUEST | {"model": "m-large"})}, "request", "use m."),
        ({"request": json.dumps(REQUEST | {"max_tokens": None})}, "request", "set this"),
        ({"tokens_a_day": 100}, "tokens_a_day", "Enter at least 1"),
        ({"reader_tokens_a_day": 100}, "reader_tokens_a_day", "Enter at least 1"),
    ],
)
def test_a_record_that_cannot_work_is_refused_with_the_field(
    changes: dict[str, Any], field: str, words: str
) -> None:
    embed = make_embed()
    for name, value in changes.items():
        setattr(embed, name, value)

    with pytest.raises(ValidationError) as refused:
        embed.full_clean()

    assert list(refused.value.message_dict) == [field]
    assert words in " ".join(refused.value.message_dict[field])


@pytest.mark.parametrize(
    ("api", "locked", "in_vain"),
    [
        ("responses", "model messages max_tokens instructions", ()),
        ("responses", "system model n", ("system", "n")),
        ("messages", "model input instructions stop max_completion_tokens", ()),
        ("messages", "reasoning_effort seed", ("reasoning_effort", "seed")),
        ("chat_completions", "system anything", ()),
    ],
)
def test_a_locked_name_that_only_other_apis_have_is_told(api: str, locked: str, in_vain: tuple[str]) -> None:
    """It locked nothing: with `system` locked, readers of an embed for Responses changed `instructions`."""
    told = policy.vain_locks(locked.split(), DIALECTS[api], "{}")

    assert sorted(problem.field for problem in told) == sorted(in_vain)
    assert all(str(problem.sentence) for problem in told)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_an_embed_is_not_saved_with_a_lock_that_locks_nothing(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue_of(upstream, monkeypatch, tmp_path, ("responses",))

    with pytest.raises(ValidationError) as refused:
        make_embed(
            {"model": "m", "input": "Hello!", "max_output_tokens": 5}, api="responses", locked="system"
        )

    assert list(refused.value.message_dict) == ["locked"]


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_lists_are_kept_with_an_item_a_line() -> None:
    embed = make_embed(origins="HTTPS://A.example, https://b.example\r\nhttps://a.example", locked="model n")

    assert embed.origins == "https://a.example\nhttps://b.example"
    assert embed.locked == "model\nn"


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_readers_key_asks_for_no_caps_and_no_budget() -> None:
    request = {"model": "m-large", "messages": [{"role": "user", "content": "x"}]}

    assert make_embed(request, key="reader", tokens_a_day=0).pk


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_caps_never_get_wider_than_the_catalogues() -> None:
    embed = make_embed(max_tokens=100)
    embed.n = 50

    assert (embed.caps.max_tokens, embed.caps.n, embed.caps.request_bytes) == (100, 2, 65_536)
    assert embed.caps.models == ("m",)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_provider_that_left_the_catalogue_takes_no_model() -> None:
    embed = make_embed()
    embed.provider = "gone"

    assert not embed.caps.allows_model("m")


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("field", "value", "same"),
    [
        ("active", False, True),
        ("origins", "https://a.example", False),
        ("request", "{}", False),
        ("locked", "model", False),
        ("key", "reader", False),
        ("max_tokens", 7, False),
        ("tokens_a_day", 7, False),
        ("replay_only", True, False),
    ],
)
def test_the_digest_follows_the_rules(field: str, value: Any, same: bool) -> None:
    embed = make_embed()
    before = embed.digest

    setattr(embed, field, value)

    assert (embed.digest == before) == same
