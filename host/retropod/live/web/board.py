"""Hand-over between a session and the pages that show it, which run in different threads."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from retropod.live.web.sounds import Tone
from retropod.live.web.state import PageState


class Viewer(Protocol):
    """A page in a browser."""

    def show(self, state: PageState) -> None: ...
    def play(self, tones: tuple[Tone, ...]) -> None: ...


class Board:
    """Latest state of a session. `publish` and `sound` are for the thread of the session, the rest for the server.

    A state that no page has shown yet is replaced by the next one, so that a slow browser delays nothing. `waves`:
    number of pages that show the raw samples.
    """

    def __init__(self, state: PageState, press: Callable[[str], None]) -> None:
        """`press` executes a key: `l` or `r`. It is called in the thread of the server."""
        self.state, self.press = state, press
        self.waves = 0
        self._viewers: list[Viewer] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending = False

    def publish(self, state: PageState) -> None:
        """Show a state soon."""
        self.state = state
        if not self._pending:
            self._pending = True  # before the call: `_show` resets it in another thread
            self._soon(self._show)

    def sound(self, tones: tuple[Tone, ...]) -> None:
        """Play tones soon, on each page with sound."""
        self._soon(self._play, tones)

    def serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the event loop of the server."""
        self._loop = loop

    def join(self, viewer: Viewer) -> None:
        """Add a page, and show it the latest state."""
        self._viewers.append(viewer)
        viewer.show(self.state)

    def leave(self, viewer: Viewer) -> None:
        """Remove a page."""
        if viewer in self._viewers:
            self._viewers.remove(viewer)

    def _soon(self, call: Callable[..., None], *values: object) -> None:
        if self._loop is None:
            self._pending = False
            return
        with suppress(RuntimeError):  # The server has ended.
            self._loop.call_soon_threadsafe(call, *values)

    def _show(self) -> None:
        self._pending = False
        for viewer in tuple(self._viewers):
            viewer.show(self.state)

    def _play(self, tones: tuple[Tone, ...]) -> None:
        for viewer in tuple(self._viewers):
            viewer.play(tones)
