"""A base URL of another API is named as such."""

import pytest
from django.test import Client

from tests.upstreams.scripted import Answer, ScriptedUpstream, json_answer
from tests.web.client import post_json

ANTHROPIC = json_answer({"type": "error", "error": {"type": "not_found_error", "message": "Not Found"}}, 404)


def _error(client: Client, base_url: str) -> dict[str, str]:
    error: dict[str, str] = post_json(client, provider=None, base_url=base_url).json()["error"]
    return error


@pytest.mark.parametrize(
    ("answer", "path", "name"),
    [
        (ANTHROPIC, "", "Anthropic Messages API"),
        (json_answer({"detail": "Not Found"}, 404), "/anthropic/v1", "Anthropic Messages API"),
        (Answer(404, b"404 page not found"), "/anthropic/v1", "Anthropic Messages API"),
        (Answer(404, b"404 page not found"), "", None),
    ],
)
def test_a_path_that_is_another_apis_names_it(
    client: Client, upstream: ScriptedUpstream, answer: Answer, path: str, name: str | None
) -> None:
    upstream.reply(answer)

    error = _error(client, upstream.url.removesuffix("/v1") + (path or "/v1"))

    assert error["kind"] == "not_found"
    assert ("Anthropic Messages API" in error["advice"]) == (name is not None)


def test_an_unknown_model_is_still_one(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(
        json_answer({"type": "error", "error": {"type": "not_found_error", "message": "model: m"}}, 404)
    )

    assert "Anthropic" not in _error(client, upstream.url)["advice"]


@pytest.mark.usefixtures("provider")
def test_of_a_provider_the_catalogue_knows_better(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(ANTHROPIC)

    assert "Anthropic" not in post_json(client).json()["error"]["advice"]
