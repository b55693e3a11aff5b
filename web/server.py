"""The server: Faust's own, on connections that have limits, without its index at `/`."""

from typing import Any

import faust
from faust.web.drivers.aiohttp import Web as AiohttpWeb

from web.access import Access, begin_answer
from web.connections import Runner
from web.files import send_as_bytes
from web.limits import Limits
from web.metrics import Instruments

STOP_SECONDS = 1.0
"""For which a stop waits for open requests: long enough for what is being written, and no stream ends by itself."""


class Server(AiohttpWeb):
    """Serves one Faust application."""

    production_blueprints = []  # noqa: RUF012  (Faust's declaration)

    def __init__(self, app: faust.App, limits: Limits, access: Access, instruments: Instruments, **kwargs: Any) -> None:
        """Serve *app*; the base makes aiohttp's application from its `web_application_options`."""
        super().__init__(app, **kwargs)
        self.web_app.on_response_prepare.extend((begin_answer, send_as_bytes))
        self._runner = Runner(self.web_app, access, limits, instruments, shutdown_timeout=STOP_SECONDS)
