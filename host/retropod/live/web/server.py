"""Server of the live page in a thread of its own. It listens on one address and ends with the session."""

import asyncio
import errno
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from retropod.errors import OperationFailed, UsageError
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
    """Return a socket that listens, at `::` for IPv4 too. `port` 0: any free one.

    Raises UsageError if this computer has no such address, OperationFailed if the port cannot be used.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        both = family == socket.AF_INET6 and is_unspecified(str(address[0])) and socket.has_dualstack_ipv6()
        return socket.create_server(address, family=family, dualstack_ipv6=both)
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: an empty or too long part of a name
        raise _no_address(host) from error
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise _no_address(host) from error
        raise OperationFailed(
            f"the page cannot be served at {host}, port {port}: {error.strerror or error}", _remedy(error)
        ) from error


def is_unspecified(address: str) -> bool:
    """Return whether a numeric address means all addresses of this computer."""
    found = ipaddress.ip_address(address)
    return ((found.ipv4_mapped if found.version == 6 else None) or found).is_unspecified


def _no_address(host: str) -> UsageError:
    return UsageError(f"this computer has no address {host!r}", "use --host 0.0.0.0 for all its addresses")


def _remedy(error: OSError) -> str:
    if error.errno == errno.EACCES:
        return "choose a port from 1024 on with --web-port"
    return "end the program that uses the port, or choose another one with --web-port"


@contextmanager
def serving(
    board: Board, listener: socket.socket, token: str, units: Units, report: Callable[[str], None] = lambda text: None
) -> Generator[None]:
    """Serve the page below `/TOKEN/` until the end of the block. `report` gets errors of the server, for developers."""
    with _errors_to(report, token):
        server = _Server(_config(board, token, units), board)
        thread = threading.Thread(target=server.run, args=([listener],), name="retropod-web", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(_STOP_S)


class _Reporter(logging.Handler):
    """Reports errors without the token, which addresses have."""

    def __init__(self, report: Callable[[str], None], token: str) -> None:
        super().__init__(logging.ERROR)
        self._report, self._token = report, token

    def emit(self, record: logging.LogRecord) -> None:
        self._report(self.format(record).replace(self._token, "TOKEN"))


@contextmanager
def _errors_to(report: Callable[[str], None], token: str) -> Generator[None]:
    """Report the errors of the server, instead of printing them over the view of the terminal."""
    reporter = _Reporter(report, token)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(one.handlers[:], one.level, one.propagate) for one in loggers]
    for one in loggers:
        one.handlers, one.propagate = [reporter], False
        one.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)


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

    A tuple that another thread builds at that time ends in a SystemError. Replace the name `gc` in the module of
    `run_with` only: `gc` stays unchanged for all other modules, and a NiceGUI without the search ignores the name.
    Ref: https://github.com/python/cpython/issues/59313
    """
    ui.run_with.__globals__["gc"] = SimpleNamespace(get_objects=list)
