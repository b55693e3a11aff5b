"""Beside: ClickHouse, in the process, over the same rows and asked the same questions one after the other.

Run as `python -m benchmarks.clickhouse FOLDER`: reads `daily.parquet`, `live.parquet`, `song.parquet` and `questions.json`, writes
`clickhouse.json`: for each question its milliseconds and rows.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from chdb.session import Session

from tables.names import plain
from tables.rates import DEFAULT_RATE
from web.endpoints import BY_NAME, CONSERVATION, EVOLUTION, FACTS, PER_SECOND, RANKING, SEARCH, SEARCH_ARTIST, TOTALS
from web.facts import BEFORE_ALL
from web.filters import with_dates
from web.finding import KINDS
from web.parameters import read_query
from web.search import errors_forgiven, several_words

Rows = list[list[Any]]

CONDITIONS = {
    "artist": "song IN (SELECT song FROM song WHERE hasAny(artists_folded, {}))",
    "song": "song IN (SELECT song FROM song WHERE has({}, title_folded))",
    "song_id": "song IN (SELECT song FROM song WHERE has({}, song_id))",
    "album": "song IN (SELECT song FROM song WHERE has({}, album_folded))",
    "album_artist": "song IN (SELECT song FROM song WHERE has({}, album_artist_folded))",
    "genre": "song IN (SELECT song FROM song WHERE has({}, genre_folded))",
    "country": "has({}, country)",
    "source": "has({}, source)",
}
DATES = {"date_from": "day >= {}", "date_to": "day <= {}"}
JOIN = "JOIN song USING (song)"


@dataclass(frozen=True)
class Ranked:
    """A dimension: the column of the facts behind it, what its groups are, and titles that are none of them."""

    column: str
    keys: Mapping[str, str]
    titles: Mapping[str, str] = field(default_factory=dict)


RANKED = {
    "artist": Ranked("song", {"artist": "arrayJoin({artists})"}),
    "song_title": Ranked("song", {"of_song": "song"}, {"song_title": "any(title)", "artists": "any(credited)"}),
    "album_name": Ranked("song", {"album_name": "album", "artists": "album_artist"}),
    "country": Ranked("country", {"country": "country"}),
    "source": Ranked("source", {"source": "source"}),
    "genre": Ranked("song", {"genre": "genre"}),
}


class ClickHouse:
    """The rows in a session of its own."""

    def __init__(self, folder: Path) -> None:
        """Load the files of *folder*."""
        self._session = Session(str(folder / "clickhouse"))
        for statement in _sql("schema").format(folder=folder).split(";\n"):
            if statement.strip():
                self._session.query(statement)

    def answer(self, endpoint: str, parameters: Sequence[tuple[str, str]], as_of: datetime) -> Rows:
        """Return the rows of *endpoint*, as of a moment."""
        values = with_dates(read_query(BY_NAME[endpoint].params, parameters), as_of.date())
        rows: Rows = []
        for sql in STATEMENTS[endpoint](values, as_of):
            rows = json.loads(str(self._session.query(sql, "JSONCompact")))["data"]
            if len(rows) >= values.get("limit", 0):
                break
        return rows


def _ranking(values: Mapping[str, Any], as_of: datetime) -> Iterator[str]:
    dimensions = [RANKED[name] for name in values["by"]]
    parts = _parts(values, [dimension.column for dimension in dimensions], a_share="artist" in values["by"])
    keys = {alias: sql.format(**parts) for dimension in dimensions for alias, sql in dimension.keys.items()}
    titles = {alias: sql for dimension in dimensions for alias, sql in dimension.titles.items()}
    parts |= {"keys": _aliased(keys), "key_names": ", ".join(keys), "titles": "".join(f"{part}, " for part in [_aliased(titles)] if part)}
    shown = [name for dimension in dimensions for name in (*dimension.keys, *dimension.titles)]
    parts["names"] = ", ".join(name for name in shown if name != "of_song")
    of_songs = any(dimension.column == "song" for dimension in dimensions)
    parts["most_played"] = "argMax(song, (played, -toInt64(song)))" if of_songs else "toUInt32(4294967295)"
    parts |= {"limit": str(values["limit"]), "offset": str(values["offset"]), "trend": "", "trends": ""}
    if values["trend"]:
        last = values["date_to"] or as_of.date()
        days = [last - timedelta(days=ago) for ago in reversed(range(values["trend"]))]
        without_dates = {name: value for name, value in values.items() if name not in DATES}
        parts["trend_where"] = f"{_where(without_dates)} AND day BETWEEN {_literal(days[0])} AND {_literal(last)}"
        parts["trend"] = f", arrayMap(day -> of_days[day], {_literal(days)}) AS trend"
        parts["trends"] = _sql("trends").format(**parts)
    yield _sql("page").format(**parts, ranking=_sql(RANKING.name).format(**parts))


def _evolution(values: Mapping[str, Any], as_of: datetime) -> Iterator[str]:
    first, last = values["date_from"], values["date_to"] or as_of.date()
    span = (last - first).days + 1 if values["compare"] else 0
    parts = _parts({**values, "date_from": first and first - timedelta(days=span)}, ["day"])
    parts |= {"first": _literal(first or date(1970, 1, 1)), "span": str(span), "previous": ""}
    parts["fill"] = (f"FROM {_literal(first)} " if first else "") + f"TO {_literal(last)} + 1"
    if values["compare"]:
        parts["previous"] = _sql("previous").format(**parts)
    yield _sql(EVOLUTION.name).format(**parts)


def _per_second(values: Mapping[str, Any], as_of: datetime) -> Iterator[str]:
    last = int(as_of.timestamp()) - 1
    seconds = {"first": f"toDateTime({last - values['seconds'] + 1}, 'UTC')", "last": f"toDateTime({last}, 'UTC')"}
    yield _sql(PER_SECOND.name).format(**_parts(values, ["second"]), **seconds)


def _search(values: Mapping[str, Any], _: datetime) -> Iterator[str]:
    artists = "artist" in values
    asked = plain(values["artist"] if artists else values["q"])
    errors, words = errors_forgiven(asked), several_words(asked)
    bound = {"plain": asked, "pattern": asked.replace(" ", "%"), "errors": errors, "limit": values["limit"]}
    bound |= {"words": words, "words_errors": [errors_forgiven(word) for word in words]}
    parts = {name: _literal(value) for name, value in bound.items()}
    parts["names"] = ", ".join(["name"] if artists else ["kind", "name", "artists"])
    parts["named"] = " UNION ALL ".join(_sql(kind) for kind in (["artist"] if artists else KINDS))
    for place, text in {"any": "(plain || ' ' || others)", "own": "plain"}.items():
        parts[f"begun_or_near_in_{place}"] = _sql("begun_or_near").format(text=text)
    parts["words_in_names"], words_misspelt = (_sql(name).format(**parts) if words else "" for name in ("words", "words_misspelt"))
    for misspelt in ("", _sql("misspelt").format(**parts) + words_misspelt)[: 2 if errors else 1]:
        yield _sql("search").format(**parts, misspelt=misspelt)


def _facts(values: Mapping[str, Any], _: datetime) -> Iterator[str]:
    after = {f"after_{name}": _literal(value) for name, value in (values["after"] or BEFORE_ALL)._asdict().items()}
    yield _sql(FACTS.name).format(where=_where(values), limit=values["limit"], **after)


@cache
def _sql(name: str) -> str:
    text = Path(__file__).with_suffix(".sql").read_text()
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in text.split("-- name: ")}[name]


STATEMENTS: Mapping[str, Callable[[Mapping[str, Any], datetime], Iterator[str]]] = {
    RANKING.name: _ranking,
    EVOLUTION.name: _evolution,
    PER_SECOND.name: _per_second,
    SEARCH_ARTIST.name: _search,
    SEARCH.name: _search,
    TOTALS.name: lambda values, _: iter([_sql(TOTALS.name).format(**_parts(values, []))]),
    CONSERVATION.name: lambda _values, _: iter([_sql(CONSERVATION.name)]),
    FACTS.name: _facts,
}
"""What to ask by endpoint: each in turn, until one fills the limit."""


def _parts(values: Mapping[str, Any], columns: Sequence[str], *, a_share: bool = False) -> dict[str, str]:
    """Return what most statements need; *a_share*: each artist's share is asked for."""
    artists, share = "artist_names", "1"
    if a_share:
        share = "1 / artist_count"
    if asked := values.get("artist"):
        artists = f"arrayFilter((name, folded) -> has({_literal(asked)}, folded), artist_names, artists_folded)"
        share = share if a_share else f"arrayCount(folded -> has({_literal(asked)}, folded), artists_folded) / artist_count"
    needed = dict.fromkeys([*columns, *(["song"] if share != "1" else [])])
    return {
        "where": _where(values), "fact_columns": ", ".join(needed), "joins": JOIN if "song" in needed else "", "artists": artists,
        "share": share, "rate": str(DEFAULT_RATE),
    }  # fmt: skip


def _where(values: Mapping[str, Any]) -> str:
    given = [sql.format(_literal(values[name])) for name, sql in {**CONDITIONS, **DATES}.items() if values.get(name) is not None]
    return " AND ".join(given) or "true"


def _aliased(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


def _literal(value: Any) -> str:
    """Return *value* as ClickHouse writes it."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, date):
        return f"toDate('{value}')"
    return str(value) if isinstance(value, (int, float)) else "'{}'".format(value.replace("\\", "\\\\").replace("'", "\\'"))


def main(folder: Path) -> None:
    """Answer the questions of *folder*."""
    clickhouse, answers = ClickHouse(folder), []
    for endpoint, parameters, as_of in json.loads((folder / "questions.json").read_text()):
        started = time.perf_counter()
        rows = clickhouse.answer(endpoint, [(name, value) for name, value in parameters], datetime.fromisoformat(as_of).astimezone(UTC))
        answers.append(((time.perf_counter() - started) * 1000, rows))
    (folder / "clickhouse.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
