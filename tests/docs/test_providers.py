"""The pages about providers say what the provider list says."""

import re

import pytest

from playground.catalogue.entries import read_providers
from playground.catalogue.provider import Provider
from playground.catalogue.providers import BUILT_IN, LOCAL_MODEL
from playground.dialects import DIALECTS
from tests.docs.pages import docs, rows, section

PROVIDERS = {id_: provider for id_, provider in read_providers(BUILT_IN).items() if id_ != LOCAL_MODEL}
PAGES = {"dashscope": "qwen", "moonshot": "kimi"}
LANGUAGES = ["", "zh/"]


def _urls(provider: Provider) -> list[str]:
    return list(dict.fromkeys(endpoint.base_url for endpoint in provider.endpoints.values()))


def _code(text: str) -> list[str]:
    return re.findall("`([^`]+)`", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_each_built_in_provider(language: str) -> None:
    _, _, *told = rows(section(docs().pages[f"{language}providers/index.md"], "list"))

    assert [_code(row[0]) for row in told] == [[id_] for id_ in PROVIDERS]
    for row, provider in zip(told, PROVIDERS.values(), strict=True):
        _, address, apis, key = row
        assert _code(address) == [_urls(provider)[0], *filter(None, [provider.key_variable])]
        assert re.split(", |、", apis) == [DIALECTS[name].label for name in provider.dialects]
        assert ("](https://" in key) == bool(provider.key_variable)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_providers_page_names_its_addresses_and_its_variable(language: str) -> None:
    about = {id_: docs().pages.get(f"{language}providers/{PAGES.get(id_, id_)}.md") for id_ in PROVIDERS}
    assert sum(page is not None for page in about.values()) == 9

    for id_, page in about.items():
        if page is not None:
            named = set(_code(page.source.text))
            assert {*_urls(PROVIDERS[id_]), *filter(None, [PROVIDERS[id_].key_variable])} <= named
