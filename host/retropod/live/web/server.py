"""Server of the live page in a thread of its own. It listens on one address and ends with the session."""

import asyncio
import importlib
import logging
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from retropod.errors import OperationFailed
from retropod.insight.units import Units
from retropod.live.signs import path
from retropod.live.web import page
from retropod.live.web.access import Guard
from retropod.live.web.board import Board

LOOPBACK = "127.0.0.1"
_LOGGERS = ("nicegui", "uvicorn", "uvicorn.error", "asyncio", "engineio.server", "socketio.server")
_STOP_S = 3.0
_CLOSE_S = 1  # for the answers of the server to end
_RECONNECT_S = 15.0  # a page that was away for longer loads itself again, which stops its sound until a gesture
_HISTORY = 1000  # messages that a page gets again after it was away
_ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 5"><path d="{path("backward")}"/></svg>'


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. `port` 0: any free one. Raises OperationFailed if the address cannot be used."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise OperationFailed(
            f"the page cannot be served at {host}, port {port}: {error.strerror or error}",
            "end the program that uses the port, or choose another one with --web-port",
        ) from error


@contextmanager
def serving(board: Board, listener: socket.socket, token: str, units: Units) -> Generator[None]:
    """Serve the page below `/TOKEN/` until the end of the block."""
    _hide(token)
    server = _Server(_config(board, token, units), board)
    thread = threading.Thread(target=server.run, args=([listener],), name="retropod-web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_STOP_S)


class _Hidden(logging.Filter):
    """Replaces the token in the messages of a logger."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().replace(self._token, "TOKEN"), ()
        return True


def _hide(token: str) -> None:
    """Let the server log errors only, and without the token: addresses have it."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        logger.addFilter(_Hidden(token))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, board: Board) -> None:
        super().__init__(config)
        self._board = board

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._board.serve(asyncio.get_running_loop())


def _config(board: Board, token: str, units: Units) -> uvicorn.Config:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    ui.page("/", title="retropod live", favicon=_ICON, language="en-GB")(lambda: page.create(board, units))
    _avoid_scan()
    ui.run_with(
        app,
        dark=True,
        reconnect_timeout=_RECONNECT_S,
        message_history_length=_HISTORY,
        binding_refresh_interval=None,
        tailwind=False,
        show_welcome_message=False,
    )
    return uvicorn.Config(
        Guard(app, token),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_CLOSE_S,
        proxy_headers=False,
        ws="websockets-sansio",
    )


def _avoid_scan() -> None:
    """Keep NiceGUI from its search for the server among all objects of the process, of which retropod has no need.

    A tuple that another thread builds at that time ends in a SystemError.
    Ref: https://github.com/python/cpython/issues/59313
    """
    vars(importlib.import_module("nicegui.ui_run_with"))["gc"] = SimpleNamespace(get_objects=list)
