"""Headless Chromium over its DevTools protocol.

Ref: https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--window-size=3840,2160",  # input beyond the window is lost
)  # fmt: skip
_PATIENCE_S = 60.0


class Browser:
    """A browser process. Use it as a context manager, and open pages in it."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder = program, folder

    def __enter__(self) -> "Browser":
        self._process = subprocess.Popen(
            [self._program, *_OPTIONS, f"--user-data-dir={self._folder}", "about:blank"], stderr=subprocess.DEVNULL
        )
        ports = self._folder / "DevToolsActivePort"
        until(lambda: ports.exists() and ports.read_text().count("\n") >= 1, "the browser listens")
        port, path = ports.read_text().split("\n")[:2]
        self._open = connect(f"ws://127.0.0.1:{port}{path}", max_size=None, ping_interval=None)
        self._socket = self._open.__enter__()
        self._sent = 0
        self.events: list[dict[str, Any]] = []
        return self

    def __exit__(self, *_: object) -> None:
        self._open.__exit__(None, None, None)
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def call(self, method: str, session: str | None = None, **values: Any) -> dict[str, Any]:
        """Send a command, and return its result. Events that arrive before are kept."""
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": values,
                                      **({"sessionId": session} if session else {})}))  # fmt: skip
        while True:
            message = json.loads(self._socket.recv(_PATIENCE_S))
            if "id" not in message:
                self.events.append(message)
            elif message["id"] == self._sent:
                assert "error" not in message, message
                return message["result"]

    def page(self, width: int = 1920, height: int = 1080, phone: bool = False) -> "BrowserPage":
        """Open an empty page of a size in pixels."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return BrowserPage(self, session, target, width, height, phone)


class BrowserPage:
    """A page with its console and its requests."""

    def __init__(self, browser: Browser, session: str, target: str, width: int, height: int, phone: bool) -> None:
        self._browser, self._session, self._target = browser, session, target
        for domain in ("Page", "Runtime", "Log", "Network", "HeapProfiler"):
            self.call(f"{domain}.enable")
        self.size(width, height, phone)

    def size(self, width: int, height: int, phone: bool = False) -> None:
        """Set the size in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command to the page."""
        return self._browser.call(method, self._session, **values)

    def open(self, url: str) -> None:
        """Load an address, and wait until the page is connected and shows a state."""
        self.call("Page.navigate", url=url)
        self.until("window.did_handshake && document.querySelector('.elapsed')?.textContent")

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        until(lambda: self._true(script), script)

    def _true(self, script: str) -> bool:
        found = self.call("Runtime.evaluate", expression=f"Boolean({script})", returnByValue=True)["result"]
        return found.get("value") is True

    def text(self, selector: str) -> str:
        """Return the visible text of the first element."""
        return self.run(f"{_element(selector)}.innerText")

    def key(self, key: str, code: int = 0) -> None:
        """Press a key."""
        text = {"Enter": "\r", "Tab": ""}.get(key, key)
        values = {"key": key, "text": text, "windowsVirtualKeyCode": code or ord(key.upper()[0])}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, **values)

    def tap(self, selector: str) -> None:
        """Press the mouse on the middle of an element."""
        script = f"(r => [r.x + r.width / 2, r.y + r.height / 2])({_element(selector)}.getBoundingClientRect())"
        x, y = self.run(script)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """Save the page as PNG. `whole`: also the part below the window."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def heap_bytes(self) -> int:
        """Return the size of the JavaScript objects in use."""
        for _ in range(2):
            self.call("HeapProfiler.collectGarbage")
        return int(self.call("Runtime.getHeapUsage")["usedSize"])

    def _events(self, *methods: str) -> list[dict[str, Any]]:
        self.run("0")  # reads the events before
        return [one["params"] for one in self._browser.events
                if one.get("sessionId") == self._session and one["method"] in methods]  # fmt: skip

    @property
    def errors(self) -> list[Any]:
        """Errors and warnings of the console, and exceptions."""
        entries = [one["entry"]["text"] for one in self._events("Log.entryAdded")]
        calls = [one["args"] for one in self._events("Runtime.consoleAPICalled") if one["type"] in ("error", "warning")]
        return [*entries, *calls, *self._events("Runtime.exceptionThrown")]

    @property
    def requests(self) -> list[str]:
        """Addresses of all requests, also of web sockets."""
        plain = [one["request"]["url"] for one in self._events("Network.requestWillBeSent")]
        return plain + [one["url"] for one in self._events("Network.webSocketCreated")]

    def close(self) -> None:
        """Close the page."""
        self._browser.call("Target.closeTarget", targetId=self._target)


def _element(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


def until(condition: Callable[[], bool], name: str | Callable[[], str]) -> None:
    """Wait for a condition. Raises AssertionError after a minute."""
    end_s = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end_s:
            raise AssertionError(f"not reached: {name if isinstance(name, str) else name()}")
        time.sleep(0.02)
