"""The load of the API's benchmark: each request goes out when it is due, whatever became of the others. A process of its own.

Run as `python -m benchmarks.open_loop PORT TOKEN_FILE QUESTIONS RATE`; QUESTIONS has a JSON array of paths. Prints, for each, the
milliseconds from when it was due until its body was read, its status or what went wrong, and how many of the milliseconds had gone by when
this process put it out to be asked: for its own event loop, a timer of one millisecond, or a machine that let it wait.
"""

import asyncio
import gc
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

CONNECTIONS = 64
START_SECONDS = 0.5
MOST_SECONDS = 30.0
"""Until an answer; what is due for longer is not asked any more, so that the load ends when the server is slower than it."""

Heard = tuple[float, str, float]


class OpenLoop:
    """Asks *paths*, *rate* a second, over CONNECTIONS connections. One that is due while all are taken waits, and its clock runs."""

    def __init__(self, address: str, token: str, paths: Sequence[str], rate: float) -> None:
        """Ask nothing before `run`."""
        self._address, self._headers, self._paths, self._rate = address, {"Authorization": f"Bearer {token}"}, paths, rate
        self._due: asyncio.Queue[int | None] = asyncio.Queue()
        self._heard: dict[int, tuple[float, str]] = {}

    async def run(self) -> list[Heard]:
        """Return what was heard of each path."""
        clock = asyncio.get_running_loop().time
        self._start = clock() + START_SECONDS
        connections = [asyncio.create_task(self._connection()) for _ in range(CONNECTIONS)]
        late = list[float]()
        for number in range(len(self._paths)):
            due = self._start + number / self._rate
            await asyncio.sleep(due - clock())
            late.append((clock() - due) * 1000)
            self._due.put_nowait(number)
        for _ in connections:
            self._due.put_nowait(None)
        await asyncio.gather(*connections)
        return [(*self._heard[number], late[number]) for number in range(len(self._paths))]

    async def _connection(self) -> None:
        """Ask whatever is due next; those that wait longest for something to ask come first, so that every connection is used."""
        clock = asyncio.get_running_loop().time
        limits = aiohttp.ClientTimeout(total=MOST_SECONDS)
        async with aiohttp.ClientSession(self._address, headers=self._headers, timeout=limits) as session:
            while (number := await self._due.get()) is not None:
                due = self._start + number / self._rate
                if clock() > due + MOST_SECONDS:
                    self._heard[number] = (clock() - due) * 1000, "Overdue"
                    continue
                try:
                    async with session.get(self._paths[number]) as answer:
                        await answer.read()
                        outcome = str(answer.status)
                except (aiohttp.ClientError, TimeoutError) as error:
                    outcome = type(error).__name__
                self._heard[number] = (clock() - due) * 1000, outcome


if __name__ == "__main__":
    port, token_file, questions, rate = sys.argv[1:]
    load = OpenLoop(f"http://127.0.0.1:{port}", Path(token_file).read_text().strip(), json.loads(Path(questions).read_text()), float(rate))
    gc.disable()  # a pause of the asker is none of the server's
    json.dump(asyncio.run(load.run()), sys.stdout)
