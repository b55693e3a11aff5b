"""Command: what surrounds the work of each one: errors that a person can mend, Ctrl-C, progress and reports."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import click

INTERRUPTED = 130
"""128 and SIGINT: what a shell expects of a command that Ctrl-C ended."""


@contextmanager
def one_message() -> Iterator[None]:
    """Answer an error that a person can mend with its message and exit code 1; a bug keeps its traceback."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, _known_errors()):
            raise
        raise click.ClickException(str(error)) from error


def _known_errors() -> tuple[type[BaseException], ...]:
    """Every error that says what came, what is allowed and what to do. Imported only once something went wrong."""
    from confluent_kafka import KafkaException

    from app.broker import BrokerError
    from app.contact import BrokerUnreachable
    from app.processes import GivenUp
    from app.producer import NotDelivered, NotReachable
    from app.rejected_format import BadLine
    from app.replay import ReplayEnded
    from app.settings import SettingError
    from app.token_topic import NoSuchToken
    from app.topic_reader import NoSuchTopic
    from app.topics import TopicMismatch, TopicUnusable
    from app.up import UpError
    from tables.rates import BadRates
    from tables.songs import BadCatalogue
    from web.tokens import BadToken

    return (
        BadCatalogue,
        BadRates,
        BadLine,
        BadToken,
        BrokerError,
        BrokerUnreachable,
        GivenUp,
        KafkaException,
        NoSuchToken,
        NoSuchTopic,
        NotDelivered,
        NotReachable,
        OSError,
        ReplayEnded,
        SettingError,
        TopicMismatch,
        TopicUnusable,
        UpError,
    )


class Stop(threading.Event):
    """Set by the first Ctrl-C or SIGTERM; the second Ctrl-C ends the process."""

    interrupted = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._came) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _came(self, number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.interrupted = number == signal.SIGINT
        # Not here: the main thread may be inside wait(), and hold the lock that set() takes.
        threading.Thread(target=self.set).start()


def progress(*, as_json: bool) -> Callable[[str], None]:
    """Return what writes progress: to standard output, or beside the JSON to standard error."""
    return lambda line: click.echo(line, err=as_json)


def report(document: dict[str, Any]) -> None:
    """Write *document* as JSON to standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
