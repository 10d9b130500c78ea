"""The sources of an answer: each is shown once, and they are read once for all choices."""

from playground.dialects.chat_completions.sources import of_completion, of_message
from playground.dialects.messages.sources import sources_of
from playground.dialects.sources import cited as cited_once
from playground.dialects.sources import source_in
from playground.exchange.answer import Sources
from tests.growth import is_linear


def test_each_source_once_and_by_its_title() -> None:
    own = of_message({"citations": ["https://a.example/", "https://b.example/"]})
    common = of_completion(
        {
            "citations": ["https://c.example/"],
            "search_results": [{"url": "https://a.example/", "title": "A"}],
        }
    )

    sources = Sources(own, common)

    assert [source.title for source in sources] == ["A", "https://b.example/", "https://c.example/"]
    assert len(sources) == 3


def test_a_link_takes_the_title_that_comes_later_in_each_api() -> None:
    bare, titled = {"url": "https://a.example/"}, {"url": "https://a.example/", "title": "A"}

    cited = [
        sources_of([{"type": "text", "text": "", "citations": [bare, titled, bare]}]),
        cited_once(map(source_in, [bare, titled, bare])),
        of_message({"annotations": [bare, titled, bare]}),
    ]

    assert [[source.title for source in sources.values()] for sources in cited] == [["A"]] * 3


def test_what_all_choices_share_costs_each_of_them_nothing() -> None:
    common = of_completion({"citations": [f"https://a.example/{number}" for number in range(20_000)]})
    own = of_message({"citations": ["https://a.example/1"]})

    def first_ones(choices: int) -> list[tuple[int, str]]:
        return [
            (len(sources), next(iter(sources)).title)
            for sources in (Sources(own, common) for _ in range(choices))
        ]

    assert is_linear(first_ones, 1000)
    assert first_ones(1) == [(20_000, "https://a.example/1")]
