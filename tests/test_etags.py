"""Claims about ETags: a client that has the answer is not sent it again, and one that has another always is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from web.answers import Answer
from web.dimensions import PLAYS, SONG_ID
from web.etags import etag_of, is_known

ETAG = 'W/"97d400e8"'


def answer(rows: list[tuple[str, int]], *, found: int = 2, second: int = 0) -> Answer:
    """Return an answer that was read at a *second*."""
    return Answer(
        columns=(SONG_ID, PLAYS),
        rows=[{"song_id": song, "plays": plays} for song, plays in rows],
        found=found,
        rows_read=1000 + second,
        bytes_read=28 * second,
        elapsed=0.001 * second,
        as_of=datetime.fromtimestamp(1_795_417_272 + second, UTC),
        watermarks={0: 400 + second},
    )


ROWS = [("tkn", 360), ("bulería", 12)]


def test_the_same_rows_have_the_same_tag_whenever_they_are_read() -> None:
    assert etag_of(answer(ROWS), "json") == etag_of(answer(ROWS, second=7), "json")
    assert etag_of(answer(ROWS), "json").startswith('W/"')


def test_other_rows_another_order_another_format_more_to_find_and_other_types_have_other_tags() -> None:
    tags = [
        etag_of(answer(ROWS), "json"),
        etag_of(answer(ROWS), "csv"),
        etag_of(answer(ROWS[::-1]), "json"),
        etag_of(answer(ROWS[:1]), "json"),
        etag_of(answer([("tkn", 361), ("bulería", 12)]), "json"),
        etag_of(answer(ROWS, found=3), "json"),
        etag_of(replace(answer(ROWS), columns=(SONG_ID, PLAYS._replace(type="UInt32"))), "json"),
    ]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("given", [ETAG, '"97d400e8"', f'"other", {ETAG}', f'W/"a,b",{ETAG} , "c"', "*", " * "])
def test_a_tag_that_is_named_alone_or_in_a_list_is_known(given: str) -> None:
    assert is_known(ETAG, given)


@pytest.mark.parametrize("given", ["", '"other"', "97d400e8", "W/97d400e8", '"97d400e8', '"*"', '"97d400e", "97d400e88"', '"a97d400e8"'])
def test_any_other_is_not(given: str) -> None:
    assert not is_known(ETAG, given)
