"""Claims about where the server on this machine is asked, whatever it binds."""

import asyncio
import http.client
import socket

import pytest

from app.server_client import ServerClient, get, server_address


@pytest.mark.parametrize(
    ("bound", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:6066"),
        ("0.0.0.0", "http://127.0.0.1:6066"),  # noqa: S104
        ("::", "http://[::1]:6066"),
        ("::1", "http://[::1]:6066"),
        ("fd00::360", "http://[fd00::360]:6066"),
        ("music.example", "http://music.example:6066"),
    ],
)
def test_a_server_is_asked_where_it_listens_in_the_form_of_a_url(bound: str, address: str) -> None:
    assert server_address(bound, 6066) == address


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nready")
    await writer.drain()
    writer.close()


@pytest.mark.asyncio
@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6")
@pytest.mark.parametrize("bound", ["0.0.0.0", "::", "::1"])  # noqa: S104
async def test_what_asyncio_binds_is_asked_there(bound: str) -> None:
    try:
        server = await asyncio.start_server(answers, bound, 0)
    except OSError:
        pytest.skip("this machine has no IPv6 address")
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await asyncio.to_thread(ServerClient(bound, port, "").reason_not_ready) == ""
        connection = http.client.HTTPConnection(server_address(bound, port).removeprefix("http://"))
        assert await asyncio.to_thread(get, connection, "/", "") == (200, b"ready")
