"""Rejected format: a rejected record as a line that a person edits, and as text that is safe on a terminal. Pure: no I/O."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

SHOWN_CHARACTERS = 100


class Place(NamedTuple):
    """Where a record lies in the topic of rejected ones."""

    partition: int
    offset: int


class Source(NamedTuple):
    """The record that was rejected.

    *timestamp*, milliseconds since 1970, tells it from the one at the same offset of a topic that was made again.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int


class Kept(NamedTuple):
    """A record of the topic of rejected ones."""

    place: Place
    rejected_ms: int
    """When it was rejected, milliseconds since 1970."""
    source: Source
    kind: str
    reason: str
    rules: int
    """Version of the rules that it broke."""
    value: bytes | None


class Edit(NamedTuple):
    """What a line of an edited export says."""

    line: int
    source: Source
    value: bytes | None


class BadLine(ValueError):
    """A line of a file to replay that is none of an export; says which, what came and what is allowed."""


def kept_record(place: Place, rejected_ms: int, headers: Mapping[str, bytes | None], value: bytes | None) -> Kept | None:
    """Return the record that a counting worker wrote (see `app.agents.rejected_message`); None when it was somebody else."""
    text = {name: (header or b"").decode("utf-8", "replace") for name, header in headers.items()}
    try:
        source = Source(text["topic"], int(text["partition"]), int(text["offset"]), int(text["timestamp"]))
        return Kept(place, rejected_ms, source, text["kind"], text["reason"], int(text["rules"]), value)
    except (KeyError, ValueError):
        return None


def export_line(kept: Kept, *, replayed: bool) -> str:
    """Return *kept* as one line of JSON, without its end: see `read_edits` for the way back."""
    return printable(json.dumps({**_about(kept, replayed=replayed), **_value_fields(kept.value)}, ensure_ascii=False))


def read_edits(lines: Iterable[bytes]) -> dict[Place, Edit]:
    """Return what the *lines* of an export say, edited or not; empty lines say nothing.

    Raises:
        BadLine: a line is none of an export, or two are about one record.
    """
    edits: dict[Place, Edit] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place, edit = _read_edit(number, line)
        if place in edits:
            raise BadLine(
                f"line {number} is about the record of line {edits[place].line}; a record can be sent once: leave one of them out"
            )
        edits[place] = edit
    return edits


def described(kept: Kept, *, replayed: bool) -> str:
    """Return *kept* for a person to read: when and where it was sent, why it was rejected, and below it its value, shortened."""
    sent = datetime.fromtimestamp(kept.source.timestamp / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    done = " (replayed)" if replayed else ""
    at = f"{kept.source.partition}/{kept.source.offset}"
    return f"{sent}  {at}  {printable(kept.kind)}{done}: {printable(kept.reason)}\n    {shown(kept.value)}"


def summary(kept: Kept, *, replayed: bool) -> dict[str, Any]:
    """Return *kept* for a program to read, its value shortened as for a person."""
    safe = kept._replace(kind=printable(kept.kind), reason=printable(kept.reason))
    return {**_about(safe, replayed=replayed), "value": shown(kept.value)}


def latest(kept: Kept) -> dict[str, Any]:
    """Return *kept* as the server shows it: with when it was rejected; whether it was sent again stands in another topic."""
    rejected = datetime.fromtimestamp(kept.rejected_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"rejected": rejected, **{name: value for name, value in summary(kept, replayed=False).items() if name != "replayed"}}


def shown(value: bytes | None) -> str:
    """Return *value* shortened, on one line, and so that it does nothing to a terminal."""
    if value is None:
        return "(no value)"
    text = printable(value[: 4 * SHOWN_CHARACTERS].decode("utf-8", "backslashreplace"))
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… ({len(value):,} bytes)"


def printable(text: str) -> str:
    r"""Return *text* with everything that is not a visible character, or a space, as JSON's `\u001b`.

    In JSON such characters stand in strings only, so that JSON stays JSON and means the same.
    """
    return text if text.isprintable() else "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _about(kept: Kept, *, replayed: bool) -> dict[str, Any]:
    why = {"kind": kept.kind, "reason": kept.reason, "rules": kept.rules, "replayed": replayed}
    return {**kept.place._asdict(), "source": kept.source._asdict(), **why}


def _value_fields(value: bytes | None) -> dict[str, str | None]:
    try:
        return {"value": None if value is None else value.decode()}
    except UnicodeDecodeError:
        return {"value_base64": base64.b64encode(value or b"").decode()}


def _read_edit(number: int, line: bytes) -> tuple[Place, Edit]:
    try:
        document = json.loads(line)
        if type(document) is not dict:
            raise ValueError("it is no JSON object")  # noqa: TRY301  (all that is wrong with a line is answered alike)
        source = _field(document, "source", dict)
        place = Place(_field(document, "partition", int), _field(document, "offset", int))
        numbers = (_field(source, name, int) for name in ("partition", "offset", "timestamp"))
        return place, Edit(number, Source(_field(source, "topic", str), *numbers), _value(document))
    except (ValueError, RecursionError) as error:
        raise BadLine(f"line {number}: {error}; send lines of `artist360 rejected export`, with edited values") from error


def _field(document: dict[str, Any], name: str, kind: type) -> Any:
    if type(found := document.get(name)) is not kind:
        raise ValueError(f"the field {name!r} is {found!a:.60}" if name in document else f"the field {name!r} is missing")
    return found


def _value(document: dict[str, Any]) -> bytes | None:
    if ("value" in document) == ("value_base64" in document):
        raise ValueError("it needs either a 'value' or a 'value_base64'")
    if "value_base64" in document:
        return base64.b64decode(_field(document, "value_base64", str), validate=True)
    return None if document["value"] is None else str(_field(document, "value", str)).encode()
