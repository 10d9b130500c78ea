"""The page of a team's usage on a real server: who sees which calls, and the CSV file."""

import csv
import io
import re
from collections.abc import Iterator

import pytest

from playground.usage import views
from tests.people.place import Person, Place, serving_people
from tests.upstreams.scripted import completion, json_answer, stream
from tests.web.client import FORM

USAGE = {"prompt_tokens": 1200, "completion_tokens": 34, "total_tokens": 1234}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("usage")) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    """A team in which the admin has made one call, and the member two, one of which failed."""
    team = place.team("One")
    place.upstream.reply(completion(usage=USAGE))
    assert team["admin"].send().status_code == 200
    request = {"model": "=m", "messages": [{"role": "user", "content": "Hello!"}]}
    unkept = {"provider": "test", "request": request, "keep": False}
    assert team["member"].post("/send/", unkept).status_code == 200
    place.upstream.reply(json_answer({"error": {"message": "no"}}, 400))
    assert team["member"].send().status_code == 200
    return team


@pytest.fixture(scope="module")
def page(team: dict[str, Person]) -> str:
    return _page(team["owner"])


def _page(person: Person) -> str:
    return f"/teams/{person.get('/teams/').url.rstrip('/').rpartition('/')[2]}/usage/"


def _rows(html: str) -> dict[str, list[str]]:
    """Return the lines of the first table of numbers, by their names."""
    table = html.partition('<table class="numbers stacked">')[2].partition("</table>")[0]
    cells = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", table, re.DOTALL)
    plain = [(re.sub("<[^>]+>", "", name), re.findall(r"<td[^>]*>(.*?)</td>", row)) for name, row in cells]
    return {name: [re.sub("<[^>]+>", "", cell) for cell in row] for name, row in plain}


def test_admins_see_who_used_what(team: dict[str, Person], page: str) -> None:
    rows = _rows(team["admin"].get(f"{page}?by=person").text)

    assert rows["member@example.org"][1:6] == ["2", "1 (50.0%)", "0", "1,200", "34"]
    assert rows["admin@example.org"][1:6] == ["1", "0", "0", "1,200", "34"]
    assert rows["Total"][1:6] == ["3", "1 (33.3%)", "0", "2,400", "68"]


def test_others_see_only_their_own(team: dict[str, Person], page: str) -> None:
    for query in ("?by=person", "?by=day&person=1", ""):
        text = team["member"].get(page + query).text
        assert _rows(text)["Total"][1:6] == ["2", "1 (50.0%)", "0", "1,200", "34"]
        assert "admin@" not in text
    assert "No calls in these days." in team["viewer"].get(page).text


@pytest.mark.parametrize(
    ("by", "names"),
    [("model", {"m", "=m", "Total"}), ("provider", {"Test", "Total"}), ("key", {"TEST_API_KEY", "Total"})],
)
def test_usage_by_what_was_used(team: dict[str, Person], page: str, by: str, names: set[str]) -> None:
    assert _rows(team["admin"].get(f"{page}?by={by}").text).keys() == names


def test_the_chart_says_where_the_numbers_are(team: dict[str, Person], page: str) -> None:
    text = team["admin"].get(page).text

    assert text.count("<rect") == 1  # of 30 days, one has tokens; no cost is known
    assert re.search(
        r'role="img" aria-label="Number of tokens: bars by day, the highest 2,468 on [-0-9]+', text
    )
    assert " style=" not in text


def test_latency_is_shown_by_model(team: dict[str, Person], page: str) -> None:
    latency = team["admin"].get(page).text.partition("<h2>Latency</h2>")[2]

    assert re.search(r"All</th><td[^>]*>2</td><td[^>]*>–</td><td[^>]*>–</td><td[^>]*>\d+ ms</td>", latency)


@pytest.mark.parametrize("first", "=+-@＝＋－＠﹦\t\r\n")
def test_no_cell_is_a_formula(first: str) -> None:
    assert views._cell(f"{first}1") == f"'{first}1"
    assert [views._cell(text) for text in (f"1{first}", "")] == [f"1{first}", ""]


def test_a_csv_file_has_each_row_and_no_formula(team: dict[str, Person], page: str) -> None:
    told = team["member"].get(f"{page}?format=csv")
    rows = list(csv.DictReader(io.StringIO(told.content.decode("utf-8-sig"))))

    assert told.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["person"], row["model"], row["calls"], row["usd"]) for row in rows] == [
        ("member@example.org", "'=m", "1", "0.000000000"),
        ("member@example.org", "m", "1", "0.000000000"),
    ]
    assert len(team["admin"].get(f"{page}?format=csv").text.splitlines()) == 4
    assert "exported the usage" in team["admin"].get(page.replace("usage", "audit")).text


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("period=custom&from=2026-01-01&to=2026-01-31", 200, "No calls in these days."),
        ("period=custom&from=2026-01-31&to=2026-01-01", 400, "the first day first"),
        ("period=custom&from=2024-01-01&to=2026-01-01", 400, "Choose at most 366 days"),
        ("period=custom&from=x&to=0001-01-01&format=csv", 400, "such as 2026-01-31"),
        ("period=month", 200, "Download CSV"),
        ("period=9&by=none&person=99999999999", 200, "No calls in these days."),
    ],
)
def test_days_can_be_chosen(team: dict[str, Person], page: str, query: str, status: int, told: str) -> None:
    response = team["admin"].get(f"{page}?{query}")

    assert (response.status_code, told in response.text) == (status, True)


def test_another_team_finds_nothing_here(place: Place, team: dict[str, Person], page: str) -> None:
    stranger = place.person("stranger", "Two", "owner")

    assert stranger.get(page).status_code == 404
    assert stranger.get(f"{page}?format=csv").status_code == 404
    own = _page(stranger)
    for number in range(1, 6):  # people of another team are nobody's here
        assert "No calls in these days." in stranger.get(f"{own}?person={number}").text


def test_a_stream_in_the_page_counts_with_its_first_token(place: Place, team: dict[str, Person]) -> None:
    del team  # whose calls come first
    person = place.person("streamer", "Three", "owner")
    place.upstream.reply(stream({"content": "Hello"}))
    person.session.headers["HX-Request"] = "true"
    text = person.post("/send/", **FORM | {"stream": "on"}).text
    del person.session.headers["HX-Request"]

    assert "event: playground:texts" in text
    page = person.get(_page(person)).text
    assert _rows(page)["Total"][1:6] == ["1", "0", "0", "9", "1"]
    assert re.search(r'm</bdi></th><td[^>]*>1</td>(<td data-label="[^"]+ p\d\d">\d+ ms</td>){4}', page)
