"""Limits: what one server gives at most, so that nobody's requests keep it from the others'. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Each with its reason; times in seconds."""

    query_seconds: float = 10.0
    """Until an answer is there, waiting for its turn or a thread included."""
    queries: int = 64
    """Answers of a kind (short, long) at once, most of them waiting: the last short one for some tenths of a second."""
    slow_query_seconds: float = 1.0
    """From where on a query is told of in the log."""
    connections: int = 2500
    """At once: more than ARTIST360_STREAMS, each of which is one, and few enough for the 4,096 open files that many systems allow."""
    head_seconds: float = 10.0
    """Until a request line and its headers are there."""
    line_bytes: int = 1 << 16
    """Of a request line or a header: a filter takes a hundred values of 200 characters, more than the 8,190 bytes that are usual."""
    head_bytes: int = 128 << 10
    """Of all of it."""
    body_seconds: float = 10.0
    body_bytes: int = 16 << 10
    """Only a session takes a body: a token."""
    idle_seconds: float = 75.0
    """Between two requests of a connection; proxies keep theirs for a minute."""
    stall_seconds: float = 30.0
    """In which a client takes STALL_BYTES of what waits for it, or is let go."""
    held_bytes: int = 128 << 20
    """Of answers that their clients have not taken, all together: beyond it who takes for longest is let go, so that no number of slow
    ones fills the memory."""


STALL_BYTES = 16 << 10
"""Some 500 bytes a second: slower than any line that a dashboard can be used on."""
SEND_BUFFER_BYTES = 256 << 10
"""Of the kernel, a connection: what a slow line has not taken of an answer waits there, and not in this process."""
