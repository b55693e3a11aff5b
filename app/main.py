"""The composition root: builds the worker for `faust -A app.main worker` from the environment; it alone knows everyone."""

import os
import sys

from app.priority import lower_priority
from app.reloading import add_reloading
from app.serving import add_serving
from app.settings import SettingError, Settings, read_settings
from app.worker import Worker, add_counting, new_worker
from tables.dimension import GOOD_COPY, Dimension, NoCatalogue
from tables.rates import BadRates
from web.tokens import BadToken


def build(settings: Settings) -> Worker:
    """Return the whole worker for *settings*, by its role.

    Raises:
        NoCatalogue: the one that is set cannot be used, and no copy of a good one is kept.
        BadRates: those that are set cannot be used.
        BadToken: what should hold the admin token does not.
    """
    songs = Dimension(settings.songs, settings.data / GOOD_COPY)
    songs.open()
    worker = new_worker(settings)
    add_reloading(worker, songs)
    if settings.role in ("all", "count"):
        add_counting(worker, songs.now)
    if settings.role in ("all", "serve"):
        add_serving(worker, songs.now)
    return worker


try:
    settings = read_settings()
    if settings.role == "count":  # "all" answers too
        lower_priority()
    app = build(settings)
except (SettingError, NoCatalogue, BadRates, BadToken) as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # noqa: T201  (logging is set up by what cannot be built)
    os._exit(1)  # not sys.exit: DuckDB's module, once an application was begun, adds forty lines about objects that it has left
