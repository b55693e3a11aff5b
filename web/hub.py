"""The hub: asks what streams listen to, once a flush for all of them, and gives each stream what has changed for it."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import Context

import orjson
from aiohttp import web

from web.answers import plays_held
from web.feeds import Feed
from web.grants import Grant
from web.problems import Problem, not_ready, too_busy, too_many
from web.reader import Reader
from web.streams import Parts, Stream, event
from web.subscriptions import Subscription

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
"""How long nothing is looked at while no flush ends: grants, and whether the numbers are ready."""
TURN_SECONDS = 0.5
"""How long a turn asks; feeds that it did not come to are the first of the next."""
REST = 0.6
"""Seconds that the hub rests for each that it asked: whatever is listened to, it asks at most five eighths of the time."""
SPENT_KEPT, SPENT_LEAST = 0.8, 0.001
"""Of the seconds that were asked for a token, what counts a turn later; so few are forgotten."""
KEPT_SECONDS = 60.0
"""How long a feed is remembered that nobody listens to, so that a client that comes back need not be sent everything."""
RETRY_SECONDS = 10
"""After which a stream may be free again."""
CLOSE_SECONDS = 1.0
"""How long clients have to take the goodbye."""


class Hub:
    """All open streams and their feeds. Lives in one event loop; its task runs while there are any."""

    def __init__(self, reader: Reader, most: int, still_open: Callable[[Grant], bool]) -> None:
        """Ask *reader*; let at most *most* streams be open; *still_open* says whether a grant is valid still."""
        self._reader, self._most, self._still_open = reader, most, still_open
        self._name = secrets.token_hex(8)
        self._turn = 0
        self.asked = 0
        """Questions so far."""
        self._feeds: dict[Subscription, Feed] = {}
        self._streams: set[Stream] = set()
        self._wake = asyncio.Event()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._flushes = 0
        """How often answers may have changed."""
        self._spent: dict[str, float] = {}
        """Seconds of asking for each token lately: one that subscribes to very much must not keep the others waiting."""
        self._rests_until = 0.0
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._streams)

    @contextmanager
    def listening(self, request: web.Request, grant: Grant, asked: Mapping[str, Subscription | Problem]) -> Iterator[Stream]:
        """Open a stream of what is *asked*.

        Raises:
            Problem: there are too many, of this token or of all, or the server stops.
        """
        if self._closing:
            raise not_ready("the server stops")
        self._refuse_beyond(grant)
        parts = tuple((name.encode(), self._feed(part)) for name, part in asked.items() if isinstance(part, Subscription))
        barred = {name: part for name, part in asked.items() if isinstance(part, Problem)}
        stream = Stream(request, grant, parts, barred, self._name)
        for _, feed in parts:
            feed.listeners[grant.id] += 1
        self._streams.add(stream)
        self._nobody.clear()
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), context=Context())  # not the first listener's, whose request has an id
        try:
            yield stream
        finally:
            self._streams.discard(stream)
            for _, feed in parts:
                self._leave(feed, grant)
            if not self._streams:
                self._nobody.set()

    def _refuse_beyond(self, grant: Grant) -> None:
        """Raise a Problem when no stream is free, or *grant* has as many as are: whoever opens all it can leaves half to the others."""
        free = self._most - len(self._streams)
        if free <= 0:
            raise too_busy(
                f"{self._most} streams are open, which is what ARTIST360_STREAMS allows; try again later, or another server", RETRY_SECONDS
            )
        held = sum(stream.grant.id == grant.id for stream in self._streams)
        if held >= free:
            raise too_many(f"this token has {held} streams open and {free} are left: a token may have as many as it leaves", RETRY_SECONDS)

    def _feed(self, subscription: Subscription) -> Feed:
        return self._feeds.setdefault(subscription, Feed(subscription))

    @staticmethod
    def _leave(feed: Feed, grant: Grant) -> None:
        feed.listeners[grant.id] -= 1
        feed.listeners = +feed.listeners
        if not feed.listeners:
            feed.due, feed.left_at = True, asyncio.get_running_loop().time()

    async def close(self) -> None:
        """End every stream, now, and ask nothing after the question that runs."""
        self._closing = True
        for stream in self._streams:
            stream.end("the server stops")
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
            self._task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._nobody.wait()
        for stream in tuple(self._streams):
            stream.drop()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()

        def renewed() -> None:
            self._flushes += 1
            self._wake.set()

        def renewed_elsewhere() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(renewed)

        with self._reader.telling(renewed_elsewhere):
            while (self._feeds or self._streams) and not self._closing:
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
                try:
                    await self._take_turn(loop)
                except Exception:
                    log.exception("a turn of the streams failed; their clients come back")
                    for stream in self._streams:
                        stream.drop()

    async def _take_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ask the feeds whose answers are older than the newest flush, and those that streams wait for to begin; tell the streams."""
        self._forget(loop.time())
        for stream in tuple(self._streams):
            if not self._still_open(stream.grant):
                stream.end("this token is not valid any more")
                self._streams.discard(stream)
        if reason := self._reader.reason_unready():
            self._tell_state(reason)
            return
        self._turn += 1
        began = loop.time()
        rested = began >= self._rests_until
        asks = [feed for feed in self._feeds.values() if feed.listeners and (feed.due or (rested and feed.flush < self._flushes))]
        renews = any(not feed.due for feed in asks)
        reason = await self._ask(asks, began + TURN_SECONDS)
        if renews:
            rest = (loop.time() - began) * REST
            self._rests_until = loop.time() + rest
            loop.call_later(rest, self._wake.set)
        self._tell_changes(renewed=renews)
        if rested or reason:  # "ready" means that what has changed meanwhile was asked for
            self._tell_state(reason)

    def _forget(self, now: float) -> None:
        for subscription, feed in tuple(self._feeds.items()):
            if not feed.listeners and now - feed.left_at > KEPT_SECONDS:
                del self._feeds[subscription]

    async def _ask(self, feeds: list[Feed], until: float) -> str:
        """Ask *feeds* in the order of `_place`, *until* then, but one at least; return why there are no answers, if so."""
        loop = asyncio.get_running_loop()
        self._spent = {token: seconds * SPENT_KEPT for token, seconds in self._spent.items() if seconds > SPENT_LEAST}
        for number, feed in enumerate(sorted(feeds, key=self._place)):
            if self._closing or (number and loop.time() > until):
                self._wake.set()  # a stream may wait for the others to begin
                break
            self.asked, feed.flush = self.asked + 1, self._flushes
            began = loop.time()
            try:
                await feed.renew(self._reader, self._turn)
            except Problem as problem:
                return problem.detail
            self._spend(feed, loop.time() - began)
        return ""

    def _place(self, feed: Feed) -> tuple[float, int]:
        """Return what orders feeds: those of a token for which least was asked lately first, and of these who waited for longest."""
        return min((self._spent.get(token, 0.0) for token in feed.listeners), default=0.0), feed.asked_at

    def _spend(self, feed: Feed, seconds: float) -> None:
        """Note who had *seconds* of asking; those who ask for the same share them."""
        for token in feed.listeners:
            self._spent[token] = self._spent.get(token, 0.0) + seconds / len(feed.listeners)

    def _tell_state(self, reason: str) -> None:
        """Tell each stream why the numbers are not ready, or that they are again, unless it knows."""
        said = event(b"state", orjson.dumps({"ready": not reason, "reason": reason}))
        for stream in self._streams:
            if stream.told != reason:
                stream.told = reason
                stream.put(said)

    def _tell_changes(self, *, renewed: bool) -> None:
        """Give newcomers all that their feeds have, and the others what this turn has changed."""
        said: dict[Parts, bytes] = {}
        for stream in self._streams:
            if stream.begun:
                if renewed:
                    if stream.parts not in said:
                        changed = [event(name, feed.change) for name, feed in stream.parts if feed.changed_at == self._turn]
                        said[stream.parts] = self._closed(stream, changed)
                    stream.put(said[stream.parts])
            elif not any(feed.due for _, feed in stream.parts):
                stream.begun = True
                stream.put(self._closed(stream, [event(name, feed.whole()) for name, feed in stream.parts if feed.changed_at > stream.has]))

    def _closed(self, stream: Stream, events: list[bytes]) -> bytes:
        """Return *events* and what closes a turn: its id, and which plays all parts of the stream hold at least.

        Only the closing event has an id: a client that was cut off before it must not pass for one that has all of the turn.
        """
        answers = [feed.answer for _, feed in stream.parts if feed.answer is not None]
        closing = event(b"as_of", orjson.dumps(plays_held(answers) if answers else {}))
        return b"".join([*events, stream.id_of(self._turn), closing])
