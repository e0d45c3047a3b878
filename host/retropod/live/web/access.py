"""Access to the live page: a secret in its address, without which the server answers nothing but `not found`."""

import os
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from retropod import durable

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_BYTES = 16  # 128 bits
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,86}")  # at least 128 bits in base64
_MOST = 100  # bytes that are read of a file
_PATHS = ("", "/")
_FOLDERS = ("/_nicegui/", "/_nicegui_ws/")
# The page may load nothing from another server. NiceGUI compiles its templates in the browser (unsafe-eval).
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),  # The address has the token.
    (b"x-content-type-options", b"nosniff"),
)


def stored_token(file: Path, renew: bool = False) -> str:
    """Return the token of this computer, and create it if it is missing or if `renew` is given.

    It persists, so that a page in a browser connects to the next session too. Only the user can read the file.
    """
    if not renew and (token := _read(file)):
        return token
    token = secrets.token_urlsafe(_BYTES)
    durable.replace(file, token.encode())
    return token


def _read(file: Path) -> str:
    """Return the token in a file, empty if it has none or if others can read it."""
    try:
        content = file.read_bytes()[:_MOST].decode("ascii")
        private = os.name != "posix" or not file.stat().st_mode & 0o077
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return content if private and _TOKEN.fullmatch(content) else ""


class Guard:
    """ASGI application that serves another one below `/TOKEN` only. All other addresses do not exist."""

    def __init__(self, app: App, token: str) -> None:
        self._app, self._prefix = app, f"/{token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not self._admits(scope["path"]) or (scope["type"] == "websocket" and scope["path"] == self._prefix):
            await _refuse(scope, receive, send)
        elif scope["path"] == self._prefix:
            await _answer(send, 307, b"location", f"{self._prefix}/".encode())
        else:
            inner = dict(scope) | {"root_path": self._prefix}
            inner["headers"] = [pair for pair in scope["headers"] if pair[0] != b"x-forwarded-prefix"]
            await self._app(inner, receive, _with_headers(send))

    def _admits(self, path: str) -> bool:
        """Return whether a path begins with the token. The comparison takes the same time for every wrong token."""
        size = len(self._prefix)
        given, rest = path[:size].encode(), path[size:]
        correct = secrets.compare_digest(given, self._prefix.encode())
        return correct and (rest in _PATHS or rest.startswith(_FOLDERS))


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})  # Before it is accepted: the server answers with 403.
        return
    await _answer(send, 404, b"content-type", b"text/plain", b"not found\n")


async def _answer(send: Send, status: int, header: bytes, value: bytes, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(header, value), *_HEADERS]})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sent
