"""`/metrics`: what two workers counted, together, and nothing that was said."""

import re
from collections.abc import Callable

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.served.conftest import Tab, eventually
from tests.site import SERVER_KEY, Site, workers
from tests.upstreams.scripted import (
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    completion,
    json_answer,
    stream,
    token,
)

Serve = Callable[..., Site]
OpenTab = Callable[[Site], Tab]
TOKEN = "metrics-" + "x" * 20


def _send(tab: Tab, **request: object) -> requests.Response:
    headers = {"X-CSRFToken": tab.token, "Cookie": f"csrftoken={tab.token}", "Accept": "application/json"}
    body = {"model": "canary-model", "messages": [{"role": "user", "content": "canary-prompt"}], **request}
    values = {"provider": "test", "request": body}
    return requests.post(f"{tab.site.address}send/", json=values, headers=headers, timeout=30)


def _get(site: Site, authorization: str) -> requests.Response:
    headers = {"Authorization": authorization, "Host": "prometheus.invalid"}
    return requests.get(f"{site.address}metrics", headers=headers, timeout=30)


def _counts(site: Site) -> dict[str, float]:
    """Return the samples: `calls_total ok test call` (labels by name) and its value."""
    told = _get(site, f"Bearer {TOKEN}")
    assert told.status_code == 200
    assert not re.search(f"canary|{SERVER_KEY}|{TOKEN}", told.text)
    return {
        " ".join(
            [
                sample.name.removeprefix("playground_"),
                *(sample.labels[name] for name in sorted(sample.labels)),
            ]
        ): sample.value
        for family in text_string_to_metric_families(told.text)
        for sample in family.samples
    }


def test_workers_count_together(serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab) -> None:
    site = serve(WEB_CONCURRENCY="2", PLAYGROUND_METRICS_TOKEN=TOKEN)
    assert eventually(lambda: len(workers(site)) == 2)
    tab = open_tab(site)
    for _ in range(10):
        assert _send(tab).status_code == 200
    upstream.reply(json_answer({"error": {"message": "canary"}}, 500))
    assert _send(tab).json()["error"]["kind"] == "server_error"
    upstream.reply(stream({"content": "Hi"}))
    assert _send(tab, stream=True).status_code == 200
    upstream.reply(completion(usage={"prompt_tokens": 10**400, "completion_tokens": 1, "total_tokens": 1}))
    assert _send(tab).status_code == 200
    assert _send(tab, temperature="hot").status_code == 400

    counts = _counts(site)

    assert counts["calls_total ok test call"] == 12
    assert counts["calls_total server_error test call"] == 1
    assert counts["first_token_seconds_count test"] == 1
    assert counts["call_seconds_count test"] == 13
    assert counts["refused_calls_total invalid_request"] == 1
    assert counts["responses_total 200"] >= 13
    assert counts["running_calls"] == 0
    assert counts["tokens_total prompt test"] < 10**10


def test_a_stream_counts_while_it_runs(serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab) -> None:
    site = serve(PLAYGROUND_METRICS_TOKEN=TOKEN)
    upstream.reply(Paused(STREAM_HEAD + token("Hi")))
    tab = open_tab(site)
    streaming = tab.open()

    assert eventually(lambda: _counts(site)["running_calls"] == 1)
    assert tab.stop(streaming) == 204
    assert eventually(lambda: _counts(site)["running_calls"] == 0)
    assert _counts(site)["calls_total stopped test call"] == 1


def test_they_are_for_whoever_has_the_token(serve: Serve, upstream: ScriptedUpstream) -> None:
    del upstream
    site = serve(PLAYGROUND_METRICS_TOKEN=TOKEN)

    statuses = [_get(site, said).status_code for said in ("", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}é")]
    assert statuses == [401] * 4
    assert _get(site, f"bearer {TOKEN}").status_code == 200


def test_without_a_token_there_are_none(serve: Serve, upstream: ScriptedUpstream) -> None:
    del upstream
    assert requests.get(f"{serve().address}metrics", timeout=30).status_code == 404
