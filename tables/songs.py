"""The song dimension: who made each song, read from a CSV file and held in memory.

A file is taken whole or not at all: one bad line refuses it and the refusal names every bad line, because a catalogue
that is half right pays the wrong artists.
"""

import csv
import io
import math
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "COLUMNS",
    "BadCatalogue",
    "CatalogueReport",
    "Problem",
    "Song",
    "Songs",
    "check_songs",
    "read_songs",
    "write_songs",
]

COLUMNS = (
    "id",
    "external_id",
    "song_isrc",
    "artists",
    "song_title",
    "song_title_version",
    "album_name",
    "genre",
    "plays",
)
EXTERNAL_ID_MOST = 64
PROBLEMS_SHOWN = 20
CAME_SHOWN = 60


class Song(NamedTuple):
    """A song as the catalogue has it; *weight* is its popularity, in no unit."""

    external_id: str
    isrc: str
    artists: tuple[str, ...]
    title: str
    version: str
    album: str
    genre: str
    weight: float

    @property
    def credit(self) -> str:
        """The whole credit, as plays are counted under it: "Travis Scott/ROSALÍA/Lil Baby"."""
        return "/".join(self.artists)


class Songs:
    """All songs by external_id, in the order of the file. Never changed: a reload makes another one.

    Raises:
        ValueError: two songs have the same external_id.
    """

    __slots__ = ("_by_id", "_credit_of")

    def __init__(self, songs: Iterable[Song] = ()) -> None:
        """Take *songs* in their order."""
        self._by_id: dict[str, Song] = {}
        for song in songs:
            if song.external_id in self._by_id:
                raise ValueError(f"two songs have the external_id {song.external_id!r}: each song needs its own")
            self._by_id[song.external_id] = song
        self._credit_of = {song.external_id: song.credit for song in self._by_id.values()}

    def get(self, external_id: str) -> Song | None:
        """The song, or None while the catalogue does not know it."""
        return self._by_id.get(external_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Song]:
        return iter(self._by_id.values())

    @property
    def credit_of(self) -> Mapping[str, str]:
        """The credit of each external_id. A plain dict, since it is looked up once for each play: do not change it."""
        return self._credit_of


class Problem(NamedTuple):
    """One thing wrong in a catalogue; *line* counts from 1, the header included."""

    line: int
    column: str
    came: str
    rule: str

    def __str__(self) -> str:
        shown = self.came if len(self.came) <= CAME_SHOWN else self.came[:CAME_SHOWN] + "…"
        return f"line {self.line}, {self.column}: {shown!r} came, must be {self.rule}"


class BadCatalogue(ValueError):
    """A catalogue with problems; its text names the file, the first bad lines and how many more there are."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        """Tell of all *problems* in the file *path*."""
        self.path = path
        self.problems = problems
        lines = [f"{path}: {len(problems):,} problem{'s' if len(problems) > 1 else ''}, nothing of it was taken"]
        lines += [f"  {problem}" for problem in problems[:PROBLEMS_SHOWN]]
        if len(problems) > PROBLEMS_SHOWN:
            lines.append(f"  and {len(problems) - PROBLEMS_SHOWN:,} more")
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class CatalogueReport:
    """What a catalogue holds, counted over its good songs, and all that is wrong with it.

    An album is its name and first artist; a collaboration is a song of two artists or more.
    """

    songs: Songs
    problems: tuple[Problem, ...]
    artists: int
    albums: int
    genres: int
    collaborations: int


def read_songs(path: Path | str) -> Songs:
    """Read a catalogue whole.

    Raises:
        BadCatalogue: anything in it is wrong.
        OSError: the file cannot be read.
    """
    report = check_songs(path)
    if report.problems:
        raise BadCatalogue(Path(path), report.problems)
    return report.songs


def check_songs(path: Path | str) -> CatalogueReport:
    """Read a catalogue and report on it, every problem in the order of its lines.

    Raises:
        OSError: the file cannot be read.
    """
    text, problems = _decode(Path(path).read_bytes())
    reading = _Reading(problems)
    songs = Songs(reading.songs(text)) if text else Songs()
    return CatalogueReport(
        songs=songs,
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        artists=len({artist for song in songs for artist in song.artists}),
        albums=len({(song.album, song.artists[0]) for song in songs if song.album}),
        genres=len({song.genre for song in songs if song.genre}),
        collaborations=sum(len(song.artists) > 1 for song in songs),
    )


def write_songs(path: Path | str, songs: Iterable[Song]) -> None:
    """Write a catalogue that read_songs reads back the same; a reader sees the old file or the new, never a part.

    Raises:
        OSError: the file cannot be written.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(COLUMNS)
            rows.writerows(
                (
                    number,
                    song.external_id,
                    song.isrc,
                    song.credit,
                    song.title,
                    song.version,
                    song.album,
                    song.genre,
                    int(song.weight) if song.weight == int(song.weight) else repr(song.weight),
                )
                for number, song in enumerate(songs, start=1)
            )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _decode(raw: bytes) -> tuple[str, list[Problem]]:
    """The text of a file, with what is wrong in its bytes; bad bytes are replaced, so that the rest is checked too."""
    if not raw.removeprefix(b"\xef\xbb\xbf").strip():
        return "", [Problem(1, "file", "", f"a CSV file with the columns {', '.join(COLUMNS)}: it is empty")]
    problems = []
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("utf-8-sig", errors="replace")
        # Bad bytes never hold a line's end in UTF-8, so lines of bytes and lines of text are the same ones.
        for number, line in enumerate(raw.splitlines(), start=1):
            came = line.decode("utf-8-sig", errors="replace")
            if "\ufffd" in came and came.encode() != line.removeprefix(b"\xef\xbb\xbf"):
                problems.append(Problem(number, "file", came, "UTF-8 (save the file with that encoding)"))
    if "\0" in text:
        for number, line in enumerate(raw.splitlines(), start=1):
            if b"\0" in line:
                came = line.decode("utf-8-sig", errors="replace")
                problems.append(Problem(number, "file", came, "text without NUL bytes (UTF-16 must become UTF-8)"))
        text = text.replace("\0", "")
    return text, problems


class _Reading:
    """One pass over a catalogue's lines, which remembers what must not come twice."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self._lines_of_ids: dict[str, int] = {}
        self._lines_of_external_ids: dict[str, int] = {}

    def songs(self, text: str) -> Iterator[Song]:
        """The good songs; what is wrong with the others goes to the problems."""
        lines = self._lines(text)
        header_line, header = next(lines, (1, []))
        names = [name.strip().lower() for name in header]
        missing = [column for column in COLUMNS if column not in names]
        repeated = [column for column in COLUMNS if names.count(column) > 1]
        if missing or repeated:
            said = f"missing: {', '.join(missing)}" if missing else f"repeated: {', '.join(repeated)}"
            rule = f"the columns {', '.join(COLUMNS)}, separated by commas ({said})"
            self.problems.append(Problem(header_line, "header", ",".join(header), rule))
            return
        places = [names.index(column) for column in COLUMNS]
        empty = True
        for line, fields in lines:
            empty = False
            if len(fields) != len(names):
                rule = f"{len(names)} fields like the header (a comma in a name needs quotes): there are {len(fields)}"
                self.problems.append(Problem(line, "line", ",".join(fields), rule))
            elif song := self._song(line, [fields[place].strip() for place in places]):
                yield song
        if empty and not self.problems:
            self.problems.append(Problem(header_line + 1, "file", "", "at least one song below the header"))

    def _lines(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Each line that is not blank, with the number where it starts: a quoted field may go over several."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.problems.append(Problem(line, "line", "", f"a CSV line ({error})"))
                continue
            if any(field.strip() for field in fields):
                yield line, fields

    def _song(self, line: int, fields: list[str]) -> Song | None:
        number, external_id, isrc, *names, plays = fields
        credit, title, version, album, genre = map(_composed, names)
        before = len(self.problems)
        self._check_new(line, "id", number, self._lines_of_ids, most=len(number) or 1)
        self._check_new(line, "external_id", external_id, self._lines_of_external_ids, most=EXTERNAL_ID_MOST)
        artists = tuple(dict.fromkeys(artist.strip() for artist in credit.split("/")))
        if "" in artists:
            rule = "one or several artists separated by slashes, none of them empty"
            self.problems.append(Problem(line, "artists", credit, rule))
        if not title:
            self.problems.append(Problem(line, "song_title", title, "the song's title, not empty"))
        weight = _weight(plays)
        if weight is None:
            self.problems.append(Problem(line, "plays", plays, "a number from 0 on, the song's popularity"))
        if weight is None or len(self.problems) > before:
            return None
        return Song(external_id, isrc, artists, title, version, album, genre, weight)

    def _check_new(self, line: int, column: str, came: str, lines: dict[str, int], most: int) -> None:
        if not 1 <= len(came) <= most:
            size = f"1 to {most} characters" if column == "external_id" else "the line's own number or name, not empty"
            self.problems.append(Problem(line, column, came, size))
        elif came in lines:
            self.problems.append(Problem(line, column, came, f"unique, and line {lines[came]} has it already"))
        else:
            lines[came] = line


def _composed(name: str) -> str:
    """Accents in their composed form: otherwise one artist is two that look the same."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _weight(came: str) -> float | None:
    try:
        weight = float(came)
    except ValueError:
        return None
    return weight if math.isfinite(weight) and weight >= 0 else None
