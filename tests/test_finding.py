"""Claims about finding: what is listed of what is looked for, and that a limit leaves what comes first."""

from collections.abc import Iterator, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tables.balance import Balance
from tables.counted_songs import CountedSong, Names
from tables.details import SongDetail
from tables.dictionary import Dictionary
from tables.memory import Dictionaries, Memory, Snapshot
from tables.names import plain
from tables.rates import Rates
from web.filters import ARTIST
from web.finding import KINDS, Found, find
from web.search import NOT_MEANT, matches
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


def expected(songs: Sequence[Counted], words: str, kinds: Sequence[str], own: Sequence[str] | None) -> list[Found]:
    """All that is found, one thing after the other."""
    groups = dict[tuple[str, str, str, int], list[int]]()
    for kind, name, artists, number in things(songs, own):
        groups.setdefault((kind, name, artists, number if kind == "song" else -1), []).append(number)
    names, found = Names(), []
    for (kind, name, artists, _), numbers in groups.items():
        number = names.number(name)
        match = int(matches(names.searched(), plain(words))[number])
        if match != NOT_MEANT and kind in kinds:
            most = min(numbers, key=lambda number: (-songs[number][3], number))
            found.append((match, Found(kind, name, artists, str(most), sum(songs[number][3] for number in numbers))))
    found.sort(key=lambda each: (each[0], -each[1].plays, *each[1][:4]))
    return [each for _, each in found]


@given(
    counted_songs,
    st.text("abA ", max_size=6),
    st.sets(st.sampled_from(tuple(KINDS))).map(sorted),
    st.integers(1, 12),
    st.none() | st.sampled_from(NAMES[:2]),
)
def test_the_nearest_come_first_then_the_most_played_and_a_limit_leaves_the_first_of_them(
    songs: list[Counted], words: str, kinds: list[str], limit: int, artist: str | None
) -> None:
    own = None if artist is None else (artist,)
    found, count = find(Selection(snapshot_of(songs), {ARTIST.parameter.name: own}), words, kinds, limit)
    everything = expected(songs, words, kinds, own)
    assert (found, count) == (everything[:limit], len(everything))
