"""The real application with its real routes, served from this process without a broker: it is not ready, and says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from app.catalogue import generate_songs
from app.serving import add_serving
from app.settings import Settings
from app.worker import new_worker
from web.grants import EVERY_ROW, Grant, Rows
from web.token_format import Token, hash_of, id_of, new_token
from web.tokens import Tokens

Client = TestClient[web.Request, web.Application]


class Application(NamedTuple):
    """What a test asks, and the tokens that are let in."""

    client: Client
    app: web.Application
    tokens: Tokens
    admin: str

    def token(self, *scopes: str, rows: Rows = EVERY_ROW, **more: Any) -> str:
        """Return a token that opens *scopes*."""
        return made(self.tokens, *scopes, rows=rows, **more)


def made(tokens: Tokens, *scopes: str, rows: Rows = EVERY_ROW, **more: Any) -> str:
    """Return a token that opens *scopes*, which *tokens* know."""
    token = new_token()
    tokens.take([Token(Grant(id_of(token), frozenset(scopes), rows, **more), hash_of(token), 0)])
    return token


@asynccontextmanager
async def open_application(data: Path, admin: str = "") -> AsyncIterator[Application]:
    """Serve on a free port, with all tokens read; *admin* is the admin token, by default a new one."""
    admin, songs = admin or new_token(), generate_songs(20)
    worker = new_worker(Settings(data=data, role="serve", admin_token=admin))
    tokens = add_serving(worker, lambda: songs).tokens
    tokens.complete = True
    worker.finalize()
    worker.web.init_server()
    async with TestClient(TestServer(worker.web.web_app)) as client:
        yield Application(client, worker.web.web_app, tokens, admin)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
