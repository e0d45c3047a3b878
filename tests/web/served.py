"""Process of `web.scripted`, which a test controls."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from web.cdp import until

TOKEN = "A-token_of_a_test-1234567"
_ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port that no program uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Served:
    """A page without a pod. Use it as a context manager."""

    def __init__(self, *guided: str, port: int | None = None, token: str = TOKEN) -> None:
        self.port, self.token, self._guided = port or free_port(), token, guided
        self.pressed: list[str] = []
        self.url = f"http://127.0.0.1:{self.port}/{token}/"

    def __enter__(self) -> "Served":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web.scripted", str(self.port), self.token, *self._guided],
            cwd=_ROOT / "tests", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._read("ready")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> str:
        """End the session. Return what it printed on stderr."""
        _, errors = self.process.communicate(timeout=60)
        return errors

    def do(self, *commands: str) -> dict[str, Any]:
        """Execute commands. Return the last answer with values, empty without one."""
        answer: dict[str, Any] = {}
        for command in commands:
            assert self.process.stdin
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            answer = self._read("done") or answer
        return answer

    def until_pressed(self, key: str) -> None:
        """Wait until a page has pressed a key."""

        def pressed() -> bool:
            self.do("show")
            return key in self.pressed

        until(pressed, f"key {key}")
        self.pressed.clear()

    def _read(self, end: str) -> dict[str, Any]:
        """Read answers up to the one that is named `end`."""
        answer: dict[str, Any] = {}
        while True:
            assert self.process.stdout
            line = self.process.stdout.readline()
            assert line, self.process.stderr and self.process.stderr.read()
            found = json.loads(line)
            if "pressed" in found:
                self.pressed.append(found["pressed"])
            elif end in found:
                return answer
            else:
                answer = found

    def resident_bytes(self) -> int:
        """Return the resident memory of the process. Linux only."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))
