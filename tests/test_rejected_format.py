"""Claims about rejected records on paper: a line goes out and comes back the same, and does nothing to a terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rejected_format import (
    SHOWN_CHARACTERS,
    BadLine,
    Edit,
    Kept,
    Place,
    Source,
    described,
    export_line,
    kept_record,
    read_edits,
    shown,
    summary,
)

SOURCE = Source("songplays", 2, 70, 1_790_000_000_123)
HEADERS = {
    "topic": b"songplays",
    "partition": b"2",
    "offset": b"70",
    "timestamp": b"1790000000123",
    "kind": b"json",
    "reason": b"not JSON",
    "rules": b"1",
}
KEPT = Kept(Place(2, 5), 1_790_000_000_500, SOURCE, "json", "not JSON", 1, b"{")
WHOLE = st.integers(0, 2**62)
VALUES = (
    st.none() | st.binary() | st.text().map(str.encode) | st.sampled_from([b"", b"\xef\xbb\xbf{}", b"\xed\xa0\x80", b"\x9b2J", b"\r\n"])
)
KEPTS = st.builds(
    Kept,
    st.builds(Place, st.integers(0, 999), WHOLE),
    WHOLE,
    st.builds(Source, st.text(), st.integers(0, 999), WHOLE, st.integers(0, 4_000_000_000_000)),
    st.text(),
    st.text(),
    WHOLE,
    VALUES,
)


@given(kept=KEPTS, replayed=st.booleans())
def test_what_is_exported_and_not_edited_comes_back_the_same(*, kept: Kept, replayed: bool) -> None:
    line = export_line(kept, replayed=replayed)
    assert read_edits([line.encode()]) == {kept.place: Edit(1, kept.source, kept.value)}


@given(kepts=st.lists(KEPTS, unique_by=lambda kept: kept.place))
def test_a_file_of_lines_comes_back_whatever_stands_in_the_values(kepts: list[Kept]) -> None:
    text = "".join(export_line(kept, replayed=False) + "\r\n" for kept in kepts)
    assert [edit.value for edit in read_edits(text.encode().split(b"\n")).values()] == [kept.value for kept in kepts]


@given(kept=KEPTS, replayed=st.booleans())
def test_nothing_that_is_written_moves_a_terminal(*, kept: Kept, replayed: bool) -> None:
    assert export_line(kept, replayed=replayed).isprintable()
    assert shown(kept.value).isprintable()
    assert len(shown(kept.value)) <= SHOWN_CHARACTERS + 30
    first, second = described(kept, replayed=replayed).split("\n")
    assert (first + second).isprintable()
    brief = summary(kept, replayed=replayed)
    assert all(str(brief[name]).isprintable() for name in ("kind", "reason", "value"))


@given(value=st.text())
def test_text_is_exported_as_text(value: str) -> None:
    assert json.loads(export_line(KEPT._replace(value=value.encode()), replayed=False))["value"] == value


def test_a_line_says_all_that_is_known() -> None:
    assert json.loads(export_line(KEPT._replace(value=b"\xff"), replayed=True)) == {
        "partition": 2,
        "offset": 5,
        "source": {"topic": "songplays", "partition": 2, "offset": 70, "timestamp": 1_790_000_000_123},
        "kind": "json",
        "reason": "not JSON",
        "rules": 1,
        "replayed": True,
        "value_base64": "/w==",
    }


def test_a_long_value_is_cut_and_its_length_said() -> None:
    assert shown(b"x" * 70_000) == "x" * SHOWN_CHARACTERS + "… (70,000 bytes)"
    assert shown("é".encode() * SHOWN_CHARACTERS) == "é" * SHOWN_CHARACTERS
    assert shown(b"\x1b[2J\xff") == r"\u001b[2J\xff"
    assert shown(None) == "(no value)"


def test_a_record_is_read_from_its_headers() -> None:
    assert kept_record(Place(2, 5), 1_790_000_000_500, HEADERS, b"{") == KEPT


@pytest.mark.parametrize("missing", HEADERS)
def test_a_record_of_somebody_else_is_none_of_ours(missing: str) -> None:
    assert kept_record(Place(0, 0), 0, {name: value for name, value in HEADERS.items() if name != missing}, b"{") is None
    assert kept_record(Place(0, 0), 0, {**HEADERS, "offset": b"x"}, b"{") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"offset": None}, "the field 'offset' is None"),
        ({"offset": "17"}, "the field 'offset' is '17'"),
        ({"partition": True}, "the field 'partition' is True"),
        ({"source": []}, "the field 'source' is []"),
        ({"source": {"topic": "songplays"}}, "the field 'partition' is missing"),
        ({"value": {"external_id": "a"}}, "the field 'value' is {'external_id': 'a'}"),
        ({"value": "\ud800"}, "surrogates not allowed"),
        ({"value_base64": "/w=="}, "either a 'value' or a 'value_base64'"),
    ],
)
def test_a_bad_line_is_refused_with_what_came(change: dict[str, object], said: str) -> None:
    line = json.dumps({**json.loads(export_line(KEPT, replayed=False)), **change}).encode()
    with pytest.raises(BadLine) as refused:
        read_edits([b"", line])
    assert str(refused.value).startswith("line 2: ")
    assert said in str(refused.value)


@pytest.mark.parametrize("line", [b"{", b"[]", b"\xff", b"[" * 100_000, b"7"])
def test_what_is_no_json_object_is_refused(line: bytes) -> None:
    with pytest.raises(BadLine, match="line 1: "):
        read_edits([line])


def test_two_lines_about_one_record_are_refused() -> None:
    line = export_line(KEPT, replayed=False).encode()
    with pytest.raises(BadLine, match="line 3 is about the record of line 1"):
        read_edits([line, b"", line])
