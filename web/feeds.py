"""Feeds: one distinct subscription each, asked once for whoever listens, and encoded once."""

import logging
from collections import Counter
from typing import NamedTuple

import orjson

from web.answers import Answer
from web.changes import steps
from web.formats import as_json
from web.problems import Problem, internal_error
from web.reader import STREAMS, Reader
from web.subscriptions import Subscription

log = logging.getLogger(__name__)


class Renewal(NamedTuple):
    """What a thread makes of a new answer."""

    answer: Answer
    change: bytes
    """From the answer before to this one; empty when they have the same rows."""


class Feed:
    """The newest answer to a subscription, and what has become of the one before in the newest turn.

    A turn of the hub is numbered; whoever has all that was sent until turn n has what the feed said in turn n.
    """

    def __init__(self, subscription: Subscription) -> None:
        """Have no answer yet."""
        self.subscription = subscription
        self.listeners = Counter[str]()
        """Streams by the token that opened them."""
        self.left_at = 0.0
        """When the last listener left, on the loop's clock."""
        self.due = True
        """Whether there is no answer yet, or none that was kept up."""
        self.answer: Answer | None = None
        self.flush = 0
        """The newest flush when it was asked last, in the hub's count."""
        self.asked_at = 0
        """The turn in which it was asked last."""
        self.changed_at = 0
        """The turn in which rows, or a problem in their place, were others than before."""
        self.change = b""
        """What those need that have all until the turn before `changed_at`."""
        self._problem = b""
        self._whole = b""

    def whole(self) -> bytes:
        """Return all that a client needs which has nothing yet: the answer as a pipe gives it, or the problem."""
        if self._problem:
            return self._problem
        assert self.answer is not None
        self._whole = self._whole or as_json(self.answer)
        return self._whole

    async def renew(self, reader: Reader, turn: int) -> None:
        """Ask again, in *turn*.

        Raises:
            Problem: the reader is not ready; nothing has changed.
        """
        self.asked_at, before = turn, self.answer

        def compared(answer: Answer) -> Renewal:
            return Renewal(answer, _change(before, answer) if before else b"")

        try:
            renewal = await reader.read(self.subscription.endpoint, self.subscription.values, self.subscription.rows, compared, STREAMS)
        except Problem as problem:
            if reader.reason_unready():
                raise
            self._fail(problem, turn)
        except Exception:  # one subscription must not end those of all others
            log.exception("asking %s for a stream failed", self.subscription.endpoint.name)
            self._fail(internal_error(), turn)
        else:
            self._take(renewal, turn)

    def _take(self, renewal: Renewal, turn: int) -> None:
        began = self.answer is None
        self.answer, self._whole, self._problem, self.due = renewal.answer, b"", b"", not self.listeners
        if began or renewal.change:
            self.changed_at = turn
            self.change = self.whole() if began else renewal.change

    def _fail(self, problem: Problem, turn: int) -> None:
        said = problem.document()
        if said != self._problem:
            self.answer, self._problem, self.change, self.changed_at = None, said, said, turn
        self.due = not self.listeners


def _change(before: Answer, after: Answer) -> bytes:
    if before.rows == after.rows and before.found == after.found:
        return b""
    return orjson.dumps({"changes": steps(after.columns, before.rows, after.rows), "rows_before_limit_at_least": after.found})
