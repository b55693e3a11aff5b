"""The composition root: builds the worker for `faust -A app.main worker` from the environment; it alone knows everyone."""

from app.serving import add_serving
from app.settings import Settings, read_settings
from app.worker import Worker, add_counting, new_worker
from tables.songs import Songs, read_songs


def build(settings: Settings) -> Worker:
    """Return the whole worker for *settings*, by its role."""
    songs = read_songs(settings.songs) if settings.songs else Songs()
    worker = new_worker(settings)
    if settings.role in ("all", "count"):
        add_counting(worker, lambda: songs)
    if settings.role in ("all", "serve"):
        add_serving(worker, songs)
    return worker


app = build(read_settings())
