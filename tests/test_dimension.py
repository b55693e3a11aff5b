"""Claims about the dimension: a changed catalogue is taken whole or not at all, and what is wrong is said once."""

import logging
import os
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables.dimension import GOOD_COPY, PATIENT_LOOKS, Dimension, NoCatalogue, what_changed
from tables.songs import COLUMNS, Song, Songs, read_songs, write_songs

HEADER = ",".join(COLUMNS)
LINE = "{n},song{n},ESA012600001,Travis Scott/ROSALÍA,Title {n},,TKN,latin,98"
BAD = {
    "truncated": (HEADER + "\n" + LINE.format(n=1) + "\n" + LINE.format(n=2)[:30]).encode(),
    "duplicate ids": "\n".join((HEADER, LINE.format(n=1), LINE.format(n=1))).encode(),
    "empty": b"",
    "only a header": HEADER.encode(),
    "not UTF-8": "\n".join((HEADER, LINE.format(n=1))).encode("latin-1"),
    "no CSV": b"PK\x03\x04 a spreadsheet",
}


def song(number: int, title: str = "") -> Song:
    return Song(f"song{number}", "", ("ROSALÍA",), title or f"Title {number}", "", "", "", 1.0)


ONE_TO_THREE = [song(1), song(2), song(3)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "songs.csv"
    write_songs(path, ONE_TO_THREE)
    return path


@pytest.fixture
def opened(path: Path, caplog: pytest.LogCaptureFixture) -> Dimension:
    caplog.set_level(logging.INFO)
    return open_dimension(path)


def open_dimension(path: Path) -> Dimension:
    dimension = Dimension(path, path.parent / "data" / GOOD_COPY)
    dimension.open()
    dimension.look()
    return dimension


def looks(dimension: Dimension, times: int = 5) -> Songs:
    for _ in range(times):
        dimension.look()
    return dimension.now()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged since the last time."""
    messages = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return messages


# Taking --------------------------------------------------------------------------------------------------------------


def test_without_a_catalogue_there_are_no_songs_and_none_come(tmp_path: Path) -> None:
    dimension = Dimension(None, tmp_path / GOOD_COPY)
    dimension.open()
    assert len(looks(dimension)) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_that_does_not_change_is_read_once(opened: Dimension, caplog: pytest.LogCaptureFixture) -> None:
    songs = opened.now()
    assert list(songs) == ONE_TO_THREE
    assert looks(opened) is songs
    assert said(caplog) == []


def test_a_changed_catalogue_is_taken_whole_and_the_change_is_said(opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = opened.now()
    write_songs(path, [song(1), song(2, "renamed"), song(4), song(5)])
    opened.look()
    assert opened.now() is before, "it may still be written"
    opened.look()
    assert list(opened.now()) == [song(1), song(2, "renamed"), song(4), song(5)]
    assert list(before) == ONE_TO_THREE
    assert said(caplog) == [f"the catalogue {path} has 4 songs now: 2 new, 1 changed, 1 gone"]
    assert looks(opened) is opened.now()
    assert said(caplog) == []


def test_a_file_that_is_written_in_place_and_lacks_songs_must_stand_still_for_longer(
    opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, whole = opened.now(), path.read_text("utf-8")
    half = whole[: whole.index("\n", whole.index("\n") + 1) + 1]  # up to a line's end: a valid catalogue of one song
    path.write_text(half, "utf-8")
    assert looks(opened, PATIENT_LOOKS) is before, "its writer may have paused"
    path.write_text(whole, "utf-8")
    assert looks(opened, 2) is before
    assert said(caplog) == [f"the catalogue {path} has 3 songs now: the same as before"]
    path.write_text(half, "utf-8")
    assert len(looks(opened, PATIENT_LOOKS + 1)) == 1
    assert said(caplog) == [f"the catalogue {path} has 1 song now: 2 gone"]


def test_a_catalogue_that_grows_from_look_to_look_is_left_alone_until_it_stands_still(
    opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened.now()
    with path.open("w", encoding="utf-8") as file:
        for line in [HEADER, *(LINE.format(n=n) for n in range(10))]:
            file.write(line + "\n")
            file.flush()
            opened.look()
            assert opened.now() is before
    opened.look()
    assert len(opened.now()) == 10
    assert said(caplog) == [f"the catalogue {path} has 10 songs now: 7 new, 3 changed"]


def test_a_catalogue_written_anew_with_the_same_songs_changes_nothing(
    opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened.now()
    write_songs(path, ONE_TO_THREE)
    assert looks(opened) is before
    assert said(caplog) == [f"the catalogue {path} has 3 songs now: the same as before"]


# Keeping -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD)
def test_a_bad_catalogue_leaves_the_last_good_one_and_is_named_once(
    opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture, raw: bytes
) -> None:
    before = opened.now()
    path.write_bytes(raw)
    assert looks(opened) is before
    (line,) = said(caplog)
    assert re.match(rf"the catalogue {path} has \d problems?, nothing of it was taken: line \d, ", line)
    assert f"`artist360 songs check {path}` names all" in line
    assert line.endswith("the last good one stays in use, with 3 songs")
    assert "\n" not in line

    os.utime(path)
    assert looks(opened) is before
    assert said(caplog) == [line]

    write_songs(path, [*ONE_TO_THREE, song(4)])
    assert len(looks(opened)) == 4
    assert said(caplog) == [f"the catalogue {path} has 4 songs now: 1 new"]


def test_of_many_problems_the_first_three_are_named(opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text("\n".join((HEADER, *["x"] * 50)))
    looks(opened)
    (line,) = said(caplog)
    assert re.findall(r"line \d+, ", line) == ["line 2, ", "line 3, ", "line 4, "]
    assert "has 50 problems" in line


def test_a_deleted_catalogue_leaves_the_last_good_one_and_is_missed_once(
    opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened.now()
    for _ in range(2):
        path.rename(path.with_suffix(".away"))
        assert looks(opened) is before
        assert said(caplog) == [f"the catalogue {path} is not there; the last good one stays in use, with 3 songs"]
        path.with_suffix(".away").rename(path)
        assert looks(opened) is before
        assert said(caplog) == [f"the catalogue {path} has 3 songs now: the same as before"]


def test_a_catalogue_that_is_away_for_one_look_is_not_missed(opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.rename(path.with_suffix(".away"))
    opened.look()
    write_songs(path, [song(7)])
    assert list(looks(opened)) == [song(7)]
    assert said(caplog) == [f"the catalogue {path} has 1 song now: 1 new, 3 gone"]


def test_a_catalogue_that_cannot_be_read_is_tried_until_it_can(opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = opened.now()
    path.unlink()
    path.mkdir()
    assert looks(opened) is before
    assert said(caplog) == [f"the catalogue {path} cannot be read: Is a directory; the last good one stays in use, with 3 songs"]
    path.rmdir()
    write_songs(path, [song(7)])
    assert list(looks(opened)) == [song(7)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_catalogue_that_may_be_read_again_is_taken_though_its_content_did_not_change(
    opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_songs(path, [song(7)])
    path.chmod(0)
    looks(opened)
    assert said(caplog) == [f"the catalogue {path} cannot be read: Permission denied; the last good one stays in use, with 3 songs"]
    path.chmod(0o600)
    assert list(looks(opened, 1)) == [song(7)]


# Over restarts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [*BAD.values(), None], ids=[*BAD, "missing"])
def test_a_start_with_a_bad_catalogue_uses_the_copy_of_the_last_good_one_and_says_so(
    opened: Dimension, path: Path, caplog: pytest.LogCaptureFixture, raw: bytes | None
) -> None:
    write_songs(path, [song(7)])
    looks(opened)
    said(caplog)
    if raw is None:
        path.unlink()
    else:
        path.write_bytes(raw)
    again = open_dimension(path)
    assert list(looks(again)) == [song(7)]
    (line,) = said(caplog)
    assert line.startswith(f"the catalogue {path} ")
    assert re.search(rf"the last good one is used, as \S+{GOOD_COPY} has it of \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC, with 1 song$", line)

    write_songs(path, [song(7), song(8)])
    assert len(looks(again)) == 2
    assert said(caplog) == [f"the catalogue {path} has 2 songs now: 1 new"]


@pytest.mark.parametrize("raw", [*BAD.values(), None], ids=[*BAD, "missing"])
def test_a_start_with_a_bad_catalogue_and_no_copy_is_refused(tmp_path: Path, raw: bytes | None) -> None:
    path = tmp_path / "songs.csv"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(NoCatalogue) as refused:
        open_dimension(path)
    catalogue, copy, advice = str(refused.value).splitlines()
    assert catalogue.startswith(f"the catalogue {path} " + ("is not there" if raw is None else "has "))
    assert copy == f"  and no copy of a good one is kept in {tmp_path / 'data' / GOOD_COPY}"
    assert "ARTIST360_SONGS" in advice


def test_a_start_with_a_bad_catalogue_and_a_bad_copy_is_refused_with_both(path: Path) -> None:
    path.write_bytes(b"")
    (path.parent / "data").mkdir()
    (path.parent / "data" / GOOD_COPY).write_bytes(BAD["truncated"])
    with pytest.raises(NoCatalogue, match=rf"(?s){path} has 1 problem.*{GOOD_COPY} has 1 problem"):
        open_dimension(path)


def test_a_copy_that_cannot_be_written_is_missed_once_and_written_when_it_can(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("in the way")
    dimension = open_dimension(path)
    assert list(looks(dimension)) == ONE_TO_THREE
    (line,) = said(caplog)
    assert line.startswith(f"no copy of the catalogue can be kept in {tmp_path / 'data' / GOOD_COPY}: ")
    (tmp_path / "data").unlink()
    dimension.look()
    assert list(read_songs(tmp_path / "data" / GOOD_COPY)) == ONE_TO_THREE


# What changed --------------------------------------------------------------------------------------------------------

catalogues = st.dictionaries(st.integers(0, 6), st.sampled_from(["a", "b"]), min_size=1).map(
    lambda titles: [song(number, title) for number, title in titles.items()]
)


@given(catalogues, catalogues)
def test_a_change_is_told_in_numbers_that_add_up(before: list[Song], after: list[Song]) -> None:
    told = {name: int(number) for number, name in re.findall(r"(\d+) (\w+)", what_changed(Songs(before), Songs(after)))}
    assert len(before) + told.get("new", 0) - told.get("gone", 0) == len(after)
    assert told.get("new", 0) + told.get("changed", 0) == len(set(after) - set(before))
    assert 0 not in told.values()
    assert what_changed(Songs(before), Songs(before[::-1])) == ""


@given(st.lists(st.one_of(catalogues, st.sampled_from([*BAD.values(), None]), st.booleans()), max_size=12))
@settings(max_examples=60)
def test_whatever_happens_to_the_file_the_newest_good_one_that_stood_still_is_in_use_and_a_restart_has_it_too(
    tmp_path_factory: pytest.TempPathFactory, happens: Sequence[list[Song] | bytes | bool | None]
) -> None:
    """A list is a good catalogue, bytes a bad one, None a deletion, True so many looks that whatever stands still is taken."""
    path = tmp_path_factory.mktemp("any") / "songs.csv"
    write_songs(path, ONE_TO_THREE)
    dimension, good = open_dimension(path), {each.external_id: each for each in ONE_TO_THREE}
    there = dict(good)
    for what in [*happens, True]:
        if isinstance(what, bool):
            looks(dimension, PATIENT_LOOKS + 2 if what else 0)
        else:
            there = {each.external_id: each for each in what} if isinstance(what, list) else {}
            change(path, what)
        if what is True and there:
            good = there
        assert {each.external_id: each for each in dimension.now()} == good
    assert {each.external_id: each for each in open_dimension(path).now()} == good


def change(path: Path, what: list[Song] | bytes | None) -> None:
    if what is None:
        path.unlink(missing_ok=True)
        return
    if isinstance(what, bytes):
        path.write_bytes(what)
    else:
        write_songs(path, what)
    second = next(seconds)  # two changes within a tick of the file system's clock are no one's case
    os.utime(path, (second, second))


seconds = count(1_000_000_000)
