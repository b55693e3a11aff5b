"""Compression: long answers go out as gzip to clients that take it; what files hold is compressed once, in `web.files`."""

import asyncio
import gzip

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

LEAST_BYTES = 4 << 10
"""Shorter ones leave in two or three packets either way."""
LEVEL = 1
"""Rows become a fourth, at 100 MB/s; with level 6 it takes five times as long for a tenth less."""
AT_ONCE_BYTES = 256 << 10
"""So many take some 2 ms in the event loop, which is less than a thread would wait for Python's lock; nobody waits for more."""
COMPRESSED_ALREADY = frozenset({"application/vnd.apache.parquet"})


def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether *accept_encoding*, a header's value, names gzip without forbidding it."""
    for coding in accept_encoding.lower().split(","):
        name, _, weight = (part.strip() for part in coding.partition(";"))
        if name == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


@web.middleware
async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress a long body that no view has compressed, and say that it depends on what the client accepts."""
    response = await handler(request)
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes) or len(response.body) < LEAST_BYTES:
        return response
    if hdrs.CONTENT_ENCODING in response.headers or response.content_type in COMPRESSED_ALREADY:
        return response
    varies = response.headers.get(hdrs.VARY, "")
    if hdrs.ACCEPT_ENCODING not in varies:
        response.headers[hdrs.VARY] = f"{varies}, {hdrs.ACCEPT_ENCODING}" if varies else hdrs.ACCEPT_ENCODING
    if accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
        body, at_once = response.body, len(response.body) <= AT_ONCE_BYTES
        response.body = _packed(body) if at_once else await asyncio.to_thread(_packed, body)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    return response


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)  # without the time: equal bodies stay equal
