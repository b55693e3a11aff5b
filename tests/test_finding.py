"""Claims about finding: what is listed of what is looked for, and that a limit leaves what comes first."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from tables.allowance import Allowance, BeyondAllowance
from tables.balance import Balance
from tables.counted_songs import CountedSong
from tables.details import SongDetail
from tables.dictionary import Dictionary
from tables.memory import Dictionaries, Memory, Snapshot
from tables.names import fold, plain
from tables.numbered_names import Names
from tables.rates import Rates
from web.filters import ARTIST
from web.finding import KINDS, Found, find
from web.search import NOT_MEANT, Match, errors_forgiven, matches
from web.selection import Selection

NAMES = ("abba", "abab", "Abba b", "b abba", "bab a", "!")
Counted = tuple[str, str, tuple[str, ...], int]
"""The title, the album, the artists and the plays of a song."""
counted_songs = st.lists(
    st.tuples(
        *(st.sampled_from(NAMES), st.sampled_from(("", *NAMES[:3]))),
        *(st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple), st.integers(0, 3)),
    ),
    max_size=12,
)


def snapshot_of(songs: Sequence[Counted]) -> Snapshot:
    """A snapshot in which the songs "0", "1" and so on were played."""
    known = [
        CountedSong(str(number), SongDetail(True, title, album, artists[0] if artists else "", "", "/".join(artists)))
        for number, (title, album, artists, _) in enumerate(songs)
    ]
    dictionaries = Dictionaries(*(Dictionary("", kind, [(0, "ES")]) for kind in ("u2", "u4", "u4")))
    played = [(number, plays) for number, (*_, plays) in enumerate(songs) if plays]
    columns = {name: np.zeros(len(played), "u4") for name in ("country", "platform", "kafka_partition", "credit")}
    columns |= {"song": np.array([number for number, _ in played], "u4"), "day": np.full(len(played), 20_000, "i4")}
    columns["plays"] = np.array([plays for _, plays in played], "i8")
    memory = Memory(columns, known[:1], dictionaries, Rates())
    memory.add_songs(known[1:])
    return memory.now(Balance({}, {}, 0))


def things(songs: Sequence[Counted], own: Sequence[str] | None) -> Iterator[tuple[str, str, str, int]]:
    """Every kind, name and artists of something, and a song of it that was played."""
    for number, (title, album, artists, plays) in enumerate(songs):
        if plays and (own is None or {*own} & {*artists}):
            yield from (("artist", artist, "", number) for artist in artists if own is None or artist in own)
            yield "song", title, "/".join(artists), number
            if album:
                yield "album", album, artists[0] if artists else "", number


def by_words(name: str, artists: str, asked: str) -> int:
    """What several words find of something, compared with each word of its names one after the other."""
    words, own, every = {*plain(asked).split()}, plain(name).split(), plain(f"{name} {artists}").split()

    def begun(word: str, names: list[str]) -> bool:
        return any(each.startswith(word) for each in names)

    def near(word: str, names: list[str]) -> bool:
        return begun(word, names) or any(DamerauLevenshtein.distance(word, each) <= errors_forgiven(word) for each in names)

    for match, has in ((Match.WORDS, begun), (Match.WORDS_MISSPELT, near)):
        if len(words) > 1 and all(has(word, every) for word in words) and any(has(word, own) for word in words):
            return match
    return NOT_MEANT


def expected(songs: Sequence[Counted], words: str, kinds: Sequence[str], own: Sequence[str] | None) -> list[Found]:
    """All that is found, one thing after the other."""
    groups = dict[tuple[str, str, str, int], list[int]]()
    for kind, name, artists, number in things(songs, own):
        groups.setdefault((kind, name, artists, number if kind == "song" else -1), []).append(number)
    names, found = Names(), []
    for (kind, name, artists, _), numbers in groups.items():
        number = names.number(name)
        match = min(int(matches(names.searched(), plain(words))[number]), by_words(name, artists, words))
        if match != NOT_MEANT and kind in kinds:
            most = min(numbers, key=lambda number: (-songs[number][3], number))
            found.append((match, Found(kind, name, artists, str(most), sum(songs[number][3] for number in numbers))))
    found.sort(key=lambda each: (each[0], -each[1].plays, *each[1][:4]))
    return [each for _, each in found]


@given(
    counted_songs,
    st.text("abA ", max_size=6) | st.lists(st.sampled_from(("abba", "abab", "abbab", "bab", "ab", "b", "a")), max_size=4).map(" ".join),
    st.sets(st.sampled_from(tuple(KINDS))).map(sorted),
    st.integers(1, 12),
    st.none() | st.sampled_from(NAMES[:2]),
)
@settings(max_examples=300)
def test_the_nearest_come_first_then_the_most_played_and_a_limit_leaves_the_first_of_them(
    songs: list[Counted], words: str, kinds: list[str], limit: int, artist: str | None
) -> None:
    own = None if artist is None else (artist,)
    found, count = find(Selection(snapshot_of(songs), {ARTIST.parameter.name: own}), words, kinds, limit)
    everything = expected(songs, words, kinds, own)
    assert (found, count) == (everything[:limit], len(everything))


HITS: Sequence[Counted] = (
    ("Levitating", "Future Nostalgia", ("Dua Lipa", "DaBaby"), 50),
    ("Physical", "Future Nostalgia", ("Dua Lipa",), 40),
    ("Blinding Lights", "After Hours", ("The Weeknd",), 90),
    ("Levitate", "Trench", ("Twenty One Pilots",), 70),
)
LEVITATING, NOSTALGIA = ("song", "Levitating", "Dua Lipa/DaBaby", 50), ("album", "Future Nostalgia", "Dua Lipa", 90)
LIPA = ("artist", "Dua Lipa", "", 90)


def hits(words: str, own: str | None = None) -> list[tuple[str, str, str, int]]:
    """The kind, name, artists and plays of what is found of HITS."""
    selection = Selection(snapshot_of(HITS), {ARTIST.parameter.name: None if own is None else (fold(own),)})
    return [(each.kind, each.name, each.artists, each.plays) for each in find(selection, words, tuple(KINDS), 10)[0]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dua lipa levitating", [LEVITATING]),
        ("levitating dua lipa", [LEVITATING]),
        ("Lipa: LÉVITATING (Dua)", [LEVITATING]),
        ("dababy levitating dua", [LEVITATING]),
        ("future nostalgia dua lipa", [NOSTALGIA]),
        ("dua lipa nostalgia future", [NOSTALGIA]),
        ("lipa dua", [LIPA]),
        ("dua lipa lev", [LEVITATING]),
        ("lev dua l", [LEVITATING]),
        ("dua lipa levitaitng", [LEVITATING]),
        ("levitating dua lippa", [LEVITATING]),
        ("levitating weeknd", []),
        ("levitating physical", []),
        ("physical dababy", []),
        ("nostalgia dababy", []),
        ("ipa levitating", []),
        ("dua lipa levitating remix", []),
    ],
)
def test_words_are_found_in_any_order_in_the_names_that_belong_together(words: str, found: list[tuple[str, str, str, int]]) -> None:
    assert hits(words) == found


def test_an_artist_alone_does_not_mean_all_that_is_theirs_whether_of_one_word_or_two() -> None:
    assert hits("dababy") == [("artist", "DaBaby", "", 50)]
    assert hits("dua lipa") == [LIPA]


def test_whoever_is_fixed_to_an_artist_finds_shared_songs_by_all_their_artists_and_nobody_else() -> None:
    assert hits("dua lipa levitating", "DaBaby") == [LEVITATING]
    assert hits("dua lipa nostalgia", "DaBaby") == [(*NOSTALGIA[:3], 50)]
    for words in ("lipa dua", "dua lipa physical", "lights weeknd"):
        assert hits(words, "DaBaby") == []
        assert hits(words) != []


def test_words_in_order_go_before_those_in_any_and_those_with_errors_come_last() -> None:
    titles = ("Blue Moon", "Blue Moon Rising", "My Blue Moon", "Moon Blue", "Blue Mooon", "Mooon Blue", "Moon Red")
    songs = [(title, "", ("Someone",), plays) for plays, title in enumerate(titles, 1)]
    found, count = find(Selection(snapshot_of(songs), {}), "blue moon", ("song",), 10)
    assert (tuple(each.name for each in found), count) == (titles[:-1], 6)


def test_no_more_songs_are_compared_by_their_words_than_a_question_may(monkeypatch: pytest.MonkeyPatch) -> None:
    def songs_found(most: int) -> int:
        return find(Selection(snapshot_of(HITS)._replace(allowance=Allowance(most)), {}), "dua physical", ("song",), 10)[1]

    assert songs_found(1_000) == 1
    monkeypatch.setattr("web.finding.ROWS_PER_SETS", 1_000)
    assert songs_found(2_000) == 1
    with pytest.raises(BeyondAllowance):
        songs_found(1_000)
