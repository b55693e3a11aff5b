"""Claims about the facts: every stored key once, in the order of its names, however it is paged."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.following import Freshness
from tables.grain import pack_keys, pack_plays
from tables.rates import Rates
from tables.songs import Songs
from tables.warehouse import Batch, Warehouse
from tests.answers_model import NOW, PARTITIONS, TODAY, Model, Query, Site, made_up, site_of
from web.endpoints import FACTS
from web.problems import Problem

Row = dict[str, Any]
pytestmark = pytest.mark.usefixtures("worth_it")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Some 400 facts, a tenth of them counted under another credit too: the catalogue changed during the day."""
    made = site_of(made_up(11), tmp_path_factory.mktemp("facts"), grown=True)
    rows: dict[int, dict[bytes, bytes]] = {}
    marks = made.model.watermarks
    for fact in made.model.daily[::10]:
        key = (f"{fact.when}", fact.country, fact.platform, "Formerly/김광석", fact.song)
        rows.setdefault(fact.partition, {})[pack_keys([key])[0]] = pack_plays(5)
        mark = marks[fact.partition]
        marks[fact.partition] = mark._replace(next_offset=mark.next_offset + 5, consumed=mark.consumed + 5, counted=mark.counted + 5)
    made.warehouse.fold(Batch(daily=rows, watermarks=dict(marks)))
    yield made
    made.warehouse.close()


def expected(site: Site, query: Query = ()) -> list[tuple[Any, ...]]:
    """Every fact of the model, in order."""
    kept = site.model.kept(site.model.daily, query)
    formerly = set(site.model.daily[::10])
    facts = [(*fact, "/".join(site.model.artists(fact.song)), fact.plays) for fact in kept]
    facts += [(*fact, "Formerly/김광석", 5) for fact in kept if fact in formerly]
    return sorted(
        (when, song, country, source, partition, credit, plays) for partition, when, country, source, song, _, credit, plays in facts
    )


def cursor(row: Row) -> str:
    """What a client sends as `after`: the row without its plays."""
    return json.dumps([str(value) if isinstance(value, date) else value for value in row.values()][:-1])


def paged(site: Site, limit: int, query: Query = ()) -> list[Row]:
    rows: list[Row] = []
    after: list[tuple[str, str]] = []
    while page := site.ask(FACTS, [*query, ("limit", str(limit)), *after]).rows:
        assert len(page) <= limit
        rows += page
        after = [("after", cursor(page[-1]))]
    return rows


@pytest.mark.parametrize("limit", [7, 50, 50_000])
def test_pages_of_any_length_are_together_every_fact_once_in_order(site: Site, limit: int) -> None:
    assert [tuple(row.values()) for row in paged(site, limit)] == expected(site)


@given(
    query=st.sampled_from([[("country", "es")], [("days", "3")], [("source", "deezer")], [("artist", "rosalia")], [("song_id", "gone-1")]])
)
def test_facts_can_be_filtered_like_any_answer(site: Site, query: Query) -> None:
    assert [tuple(row.values()) for row in paged(site, 30, query)] == expected(site, query)


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_a_client_that_goes_on_while_there_are_more_than_the_page_has_gets_every_fact(site: Site, limit: int) -> None:
    rows, after, more = list[Row](), list[tuple[str, str]](), True
    while more:
        answered = site.ask(FACTS, [("limit", str(limit)), *after])
        rows += answered.rows
        after, more = [("after", cursor(rows[-1]))], answered.found > len(answered.rows)
    assert [tuple(row.values()) for row in rows] == expected(site)


def test_the_last_page_is_no_smaller_than_all_that_is_left_of_it(site: Site) -> None:
    whole = len(expected(site))
    assert [site.ask(FACTS, [("limit", str(limit))]).found for limit in (whole - 1, whole, whole + 1)] == [whole, whole, whole]


@given(st.data())
def test_a_page_begins_after_any_key_whether_it_is_stored_or_not(site: Site, data: st.DataObject) -> None:
    facts = expected(site)
    parts = data.draw(st.sampled_from(facts)), data.draw(st.sampled_from(facts)), data.draw(st.sampled_from(facts))
    after = (parts[0][0], parts[1][1], *parts[2][2:6])
    rows = site.ask(FACTS, [("limit", "5"), ("after", json.dumps([str(after[0]), *after[1:]]))]).rows
    assert [tuple(row.values()) for row in rows] == [fact for fact in facts if fact[:6] > after][:5]


def test_a_page_says_which_plays_it_holds(site: Site) -> None:
    result = site.ask(FACTS, [("limit", "3")])
    assert result.watermarks == {partition: site.model.watermarks[partition].next_offset for partition in range(PARTITIONS)}
    assert [(column.name, column.type) for column in result.columns] == [
        *(("date", "Date"), ("song_id", "String"), ("country", "String"), ("source", "String"), ("partition", "UInt64")),
        *(("artists", "String"), ("plays", "UInt64")),
    ]


def test_names_are_ordered_by_their_code_points(tmp_path: Path) -> None:
    names = ["A", "Z", "a", "a b", "a/b", "é", "z", "ñ'--", "\u200b", "\uffee", "🎵", "김"]
    warehouse = Warehouse(tmp_path / "a.duckdb", Songs(), Rates())
    warehouse.open()
    warehouse.load()
    warehouse.fold(Batch(daily={0: dict.fromkeys(pack_keys([(f"{TODAY}", "ES", "spotify", "", name) for name in names]), b"1")}))
    site = Site(Model({}), warehouse, Freshness(ready=True, as_of=NOW))
    found = [row["song_id"] for row in paged(site, 1)]
    warehouse.close()
    assert found == sorted(names)


@pytest.mark.parametrize(
    "after",
    [
        *(
            "",
            "x",
            "[]",
            "{}",
            "null",
            "2026-11-23",
            '["2026-11-23", "a", "ES", "spotify", 0]',
            '["2026-11-23", "a", "ES", "spotify", "0", ""]',
        ),
        *('["2026-02-30", "a", "ES", "spotify", 0, ""]', '["2026-11-23", 7, "ES", "spotify", 0, ""]', '["2026-11-23", [], [], [], 0, []]'),
        *('["2026-11-23", "\\ud800", "ES", "spotify", 0, ""]', '["2026-11-23", "a", "ES", "spotify", 65536, ""]', "[" * 5000),
        *(
            '[0, "a", "ES", "spotify", 0, ""]',
            '["2026-11-23", "a", "ES", "spotify", -1, ""]',
            '["2026-11-23", null, "ES", "spotify", 0, ""]',
        ),
    ],
    ids=lambda after: after[:45],
)
def test_what_is_no_key_is_refused_with_what_one_is(site: Site, after: str) -> None:
    with pytest.raises(Problem, match="date, song_id, country, source, partition, artists, as a JSON array") as refused:
        site.ask(FACTS, [("after", after)])
    assert refused.value.status == 400


def test_a_key_with_anything_in_its_names_is_one_to_begin_after(site: Site) -> None:
    for name in ("\x00", "'; DROP TABLE daily; --", "\\", "\x7f", "🎵" * 64):
        assert len(site.ask(FACTS, [("after", json.dumps(["9999-12-31", name, name, name, 65535, name]))]).rows) == 0
