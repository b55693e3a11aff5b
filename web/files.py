"""Files: the page's own. Text goes compressed, out of memory; the limits hold for all of them, and a missing one is a problem document.

A browser keeps them and asks each time whether they are still the same, by a tag of what is in them: an upgrade is seen at once.
"""

import asyncio
import gzip
import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from web.compression import accepts_gzip
from web.etags import is_known
from web.problems import bad_request

STATIC = Path(str(files("web").joinpath("static")))
TEXT = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml"}
"""Content types by suffix; fonts and images are compressed already."""
CONDITIONS = (hdrs.RANGE, hdrs.IF_MATCH, hdrs.IF_UNMODIFIED_SINCE)
"""What aiohttp answers by itself after its middlewares, with an empty body: no file of the page is so large that a part of it is wanted."""
KEPT = 1024
"""Files in memory: more than there are, so that each is compressed once."""


class Text(NamedTuple):
    """A file as it goes out."""

    plain: bytes
    compressed: bytes
    digest: str

    def answer(self, request: web.Request, content_type: str) -> web.Response:
        """Return it in the coding that *request* accepts, or that the client has it."""
        compressed = accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        etag = f'"{self.digest}{"-gzip" if compressed else ""}"'
        headers = {hdrs.ETAG: etag, hdrs.VARY: hdrs.ACCEPT_ENCODING}
        if is_known(etag, request.headers.get(hdrs.IF_NONE_MATCH, "")):
            return web.Response(status=304, headers=headers)
        if compressed:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = self.compressed if compressed else self.plain
        return web.Response(body=body, headers=headers, content_type=content_type, charset="utf-8")


@lru_cache(KEPT)
def read_text(path: Path, changed_ns: int) -> Text:  # noqa: ARG001  (another time is another file)
    """Read the file at *path*, which was last changed at *changed_ns*, and compress it."""
    plain = path.read_bytes()
    return Text(plain, gzip.compress(plain, mtime=0), hashlib.blake2b(plain, digest_size=12).hexdigest())


@web.middleware
async def send_files(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send text from memory, and let a missing file be an error for the guard: aiohttp finds out only after its middlewares."""
    try:
        response = await handler(request)
        if not isinstance(response, web.FileResponse):
            return response
        path = STATIC / request.match_info["filename"]
        found = path.is_file()
    except OSError:  # longer than the system's names can be
        found = False
    except web.HTTPForbidden:  # a folder, which is never listed
        found = False
    if not found:
        raise web.HTTPNotFound
    if path.suffix not in TEXT:
        if given := [name for name in CONDITIONS if name in request.headers]:
            raise bad_request(f"{given[0]} is not taken here: leave it out; a tag goes into {hdrs.IF_NONE_MATCH}")
        return response
    text = await asyncio.to_thread(read_text, path, path.stat().st_mtime_ns)
    return text.answer(request, TEXT[path.suffix])


async def send_as_bytes(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Keep files from being sent by the kernel, where no stall is seen: for aiohttp's signal before an answer's headers go."""
    if isinstance(response, web.FileResponse):
        response.enable_compression(web.ContentCoding.identity)  # no compression, and no sendfile
