"""The page's speed: how soon a browser paints it and fills it, and how soon a play that is sent stands in it."""

import os
import shutil
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

from confluent_kafka import Producer
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.broker_room import free_port
from benchmarks import plays
from benchmarks.processes import Measured
from benchmarks.scenarios import Bench, Result

PAGES = {"home": "/", "artist": f"/artist?artist={quote('Artist 360')}"}
VISITS = 10
MARKERS = 30
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOTE = """
const shown = () => document.querySelector("main[data-phase=live]") && !document.querySelector("main .bone, main [aria-busy=true]");
window.filled = new Promise((done) => new MutationObserver((_, observer) => {
    if (!shown()) return;
    observer.disconnect();
    done(performance.now());
}).observe(document, { subtree: true, childList: true, attributes: true }));
window.paint = new Promise((done) => new PerformanceObserver((list) => list.getEntriesByName("first-contentful-paint")
    .forEach(({ startTime }) => done(startTime))).observe({ type: "paint", buffered: true }));
window.shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.hadRecentInput ? 0 : entry.value)))
    .observe({ type: "layout-shift", buffered: true });
const ask = window.fetch;
window.fetch = (address, ...more) => {
    if (address.startsWith("/live")) window.asked ??= performance.now();
    return ask(address, ...more);
};
"""
FIGURES = "async () => ({ filled: await filled, paint: await paint, asked, shift })"
Figures = dict[str, float]


def page(bench: Bench) -> list[Result]:
    """Open pages over everything that other scenarios count, by a browser that has nothing of them yet, and by one that has."""
    topic = f"page-{uuid.uuid4().hex[:6]}"
    plays.fill(bench.broker, topic, plays.history(bench.plays, seed=4))
    settings = bench.settings(topic, "count")
    counting = Measured(settings)
    serving = Measured(replace(settings, role="serve", data=bench.folder / f"{settings.id}-server", web_port=free_port()))
    serving.ready()
    while sum(row["stored"] for row in serving.get("conservation")) < bench.plays:
        time.sleep(0.2)
    with _chromium() as browser:
        results = [result for name, path in PAGES.items() for result in _opened(browser, serving, name, path)]
        results.append(_arrived(browser, serving, Producer({"bootstrap.servers": bench.broker, "linger.ms": 0}), topic))
    counting.stop()
    serving.stop()
    return results


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        installed = next((path for path in map(shutil.which, INSTALLED) if path), None)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root with its sandbox
        with playwright.chromium.launch(executable_path=installed, args=arguments) as browser:
            yield browser


def _opened(browser: Browser, serving: Measured, name: str, path: str) -> Iterator[Result]:
    """Yield when the page of *path* is painted and filled: medians, and the worst beside."""
    _visits(browser, serving, path)  # the server warms up
    first, again = zip(*(_visits(browser, serving, path) for _ in range(VISITS)), strict=True)
    for figure in ("paint", "filled"):
        beside = {"most": max(visit[figure] for visit in first), "once more": _median(again, figure)}
        if figure == "filled":
            beside |= {"stream asked for": _median(first, "asked"), "layout shift": max(visit["shift"] for visit in first)}
        yield Result(f"page_{name}_{figure}", _median(first, figure), "ms", beside)


def _visits(browser: Browser, serving: Measured, path: str) -> tuple[Figures, Figures]:
    """Open *path* in a browser that has nothing yet, then once more."""
    with _signed_in(browser, serving) as context:
        return _visit(context, serving, path), _visit(context, serving, path)


def _visit(context: BrowserContext, serving: Measured, path: str) -> Figures:
    opened = _open(context, serving, path)
    figures: Figures = opened.evaluate(FIGURES)
    opened.close()
    return figures


def _arrived(browser: Browser, serving: Measured, producer: Producer, topic: str) -> Result:
    """Send plays one after the other; return how long each takes until the open page has it."""
    seconds = []
    with _signed_in(browser, serving) as context:
        opened = _open(context, serving, "/")
        opened.evaluate(FIGURES)
        shown = int(opened.locator("[data-figure=plays]").get_attribute("data-exact") or 0)
        for number in range(1, MARKERS + 1):
            now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
            started = time.monotonic()
            producer.produce(
                topic, f'{{"external_id":"{plays.song_id(number)}","play_time":"{now}","country":"ES","source":"spotify"}}'.encode()
            )
            producer.flush()
            opened.wait_for_function(
                "plays => Number(document.querySelector('[data-figure=plays]').dataset.exact) >= plays", arg=shown + number
            )
            seconds.append(time.monotonic() - started)
    seconds.sort()
    p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    return Result("page_event_to_screen_p99", p99, "s", {"median": statistics.median(seconds), "markers": len(seconds)})


@contextmanager
def _signed_in(browser: Browser, serving: Measured) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.request.post(f"{_address(serving)}/session", data={"token": serving.token()})
    context.add_init_script(NOTE)
    yield context
    context.close()


def _open(context: BrowserContext, serving: Measured, path: str) -> Page:
    opened = context.new_page()
    opened.goto(_address(serving) + path)
    return opened


def _address(serving: Measured) -> str:
    return f"http://127.0.0.1:{serving.settings.web_port}"


def _median(visits: tuple[Figures, ...], figure: str) -> float:
    return statistics.median(visit[figure] for visit in visits)
