"""Verify: holds every number that the server answers against a recount of the topic below the watermarks that it names."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from confluent_kafka import KafkaException

from app.audit import CannotProve, Counts, Recount, Say, Vector
from app.audit_rules import CatalogueSong, artists_of, read_catalogue
from app.comparison import UNKNOWN, Comparison, Difference
from app.contact import meet
from app.served import Asker, FactPage, Page, pages_of_everything
from app.server_client import server_address
from app.settings import Settings
from app.songs_file import NAME
from web.tokens import FILE, load_or_make_token

SHOWN = 20
"""Differences of a dimension that are told."""


class Verdict(NamedTuple):
    """What came of a comparison."""

    plays: int
    rejected: int
    watermarks: Vector
    compared: Mapping[str, int]
    """Numbers by dimension."""
    differences: Sequence[Difference]
    seconds: float

    @property
    def summary(self) -> str:
        """One line."""
        marks = " ".join(f"{partition}:{watermark}" for partition, watermark in enumerate(self.watermarks))
        found = f"{len(self.differences):,} numbers differ" if self.differences else "every number agrees"
        return f"{self.plays:,} plays on {len(self.watermarks)} partitions below watermarks {marks}: {found}"

    def lines(self) -> list[str]:
        """The differences, no more than `SHOWN` of a dimension, then the summary."""
        lines = []
        for dimension, differences in groupby(self.differences, lambda difference: difference.dimension):
            told = [str(difference) for difference in differences]
            lines += told[:SHOWN] + ([f"{dimension}: and {len(told) - SHOWN:,} more"] if len(told) > SHOWN else [])
        return [*lines, self.summary]

    def document(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "verdict": "differs" if self.differences else "agrees",
            "summary": self.summary,
            "plays": self.plays,
            "rejected": self.rejected,
            "watermarks": {str(partition): watermark for partition, watermark in enumerate(self.watermarks)},
            "compared": dict(self.compared),
            "differing": dict(Counter(difference.dimension for difference in self.differences)),
            "differences": [
                difference._asdict() | {"key": list(difference.key)}
                for _, differences in groupby(self.differences, lambda difference: difference.dimension)
                for difference in list(differences)[:SHOWN]
            ],
            "seconds": round(self.seconds, 3),
        }


def verify(settings: Settings, server: str | None, say: Say) -> Verdict:
    """Ask *server* for every dimension, then recount the topic; plays may keep arriving.

    Raises:
        CannotProve: the topic no longer holds what was counted, or somebody does not answer.
        BadToken: what should hold the token does not.
        BrokerUnreachable: no broker answered.
    """
    started = time.monotonic()
    catalogue = _catalogue(settings)
    asker = Asker(server or server_address(settings.web_host, settings.web_port), _token(settings))
    meet(settings.librdkafka)  # before the server is asked for everything
    say(f"asking {asker.address} for every dimension")
    pages = list(pages_of_everything(asker))
    conserved = pages[0]
    assert isinstance(conserved, Page)
    partitions = 1 + max([row["partition"] for row in conserved.rows], default=-1)
    vectors = vectors_of(pages, partitions)
    say(f"{len(pages)} answers below {len(vectors)} watermarks; recounting {sum(vectors[-1]):,} offsets of {settings.topic}")
    try:
        recount = Recount(settings.reader, settings.topic, vectors, say)
        try:
            recount.find_starts()
            refuse_lost(conserved, recount.starts)
            recount.read()
        finally:
            recount.close()
    except KafkaException as error:
        raise CannotProve(
            f"the broker at {settings.broker} does not let the topic {settings.topic} be read: {error.args[0].str()}"
        ) from error
    comparison = Comparison(_with_removed(catalogue, pages))
    for vector, counts in recount.at_each_vector():
        here = [page for page in pages if _vector(page, partitions) == vector]
        if conserved in here:
            refuse_lost(conserved, recount.starts, counts)
        comparison.compare(here, counts)
    return Verdict(
        plays=counts.plays,
        rejected=counts.rejected.total(),
        watermarks=vector,
        compared=comparison.compared,
        differences=sorted(comparison.differences, key=lambda difference: (difference.dimension, difference.key)),
        seconds=time.monotonic() - started,
    )


def vectors_of(pages: Sequence[Page | FactPage], partitions: int) -> list[Vector]:
    """Return the distinct watermarks of *pages*, in the order in which counting passed them.

    Raises:
        CannotProve: counting never passed all of them.
    """
    vectors = sorted({_vector(page, partitions) for page in pages})
    if any(earlier > later for pair in pairwise(vectors) for earlier, later in zip(*pair, strict=True)):
        raise CannotProve("the answers' watermarks went back: the server was rebuilt, or several servers answered; run it again on one")
    return vectors


def refuse_lost(conserved: Page, starts: Mapping[int, int], counts: Counts | None = None) -> None:
    """Refuse to prove records that were consumed and that the topic does not hold any more.

    Without *counts*, before the recount, the offsets that are left say so for all but a few records of transactions.

    Raises:
        CannotProve: with the offsets of each partition.
    """
    lost = []
    for row in conserved.rows:
        partition, watermark, start = row["partition"], row["watermark"], starts[row["partition"]]
        there = max(watermark - start, 0) if counts is None else counts.consumed[partition]
        if start and there < row["consumed"]:
            end = min(start, watermark)
            first = max(end - (row["consumed"] - there), 0)
            lost.append(
                f"cannot prove partition {partition}, offsets {first}..{end - 1}: they were counted, and the topic now starts at {start}"
            )
    if lost:
        raise CannotProve("\n".join(lost))


def _vector(page: Page | FactPage, partitions: int) -> Vector:
    return tuple(page.watermarks.get(partition, 0) for partition in range(partitions))


def _with_removed(catalogue: Mapping[str, CatalogueSong], pages: Sequence[Page | FactPage]) -> Mapping[str, CatalogueSong]:
    """Return *catalogue* with the songs that it no longer knows: they go by the credit that they were counted under."""
    credits_ = {song: credit for page in pages if isinstance(page, FactPage) for song, credit in page.credits.items()}
    removed = {song: UNKNOWN._replace(artists=artists_of(credit)) for song, credit in credits_.items() if song not in catalogue}
    return {**catalogue, **removed}


def _catalogue(settings: Settings) -> Mapping[str, CatalogueSong]:
    path = settings.songs or settings.data / NAME
    try:
        return read_catalogue(path)
    except (OSError, ValueError) as error:
        raise CannotProve(f"the catalogue cannot be read ({error}): say with --songs which one the server uses") from error


def _token(settings: Settings) -> str:
    if settings.admin_token is None and not (settings.data / FILE).is_file():
        raise CannotProve(f"there is no token in {settings.data / FILE}: say with --data or --token where the server's is")
    return load_or_make_token(settings.data, settings.admin_token)
