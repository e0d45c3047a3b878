"""One session of the pod's processor: a MicroPython process with its own pseudo-terminal."""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import tty
from pathlib import Path
from typing import Any

ONPOD = Path(__file__).with_name("onpod")
_START = "from vpod import start; start.run(globals())"


_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """End the pod with its host, even if the pod never reads its console."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class ChildConsole:
    """The pseudo-terminal between relay and child. It stays open when a child ends, as a UART does at a reset."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)

    def interrupts(self) -> bool:
        """Return True while byte 3 is an interrupt instead of data."""
        return bool(termios.tcgetattr(self.slave)[3] & termios.ISIG)

    def unread(self) -> int:
        """Return the number of bytes that the child has not read yet."""
        return struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0" * 4))[0]

    def reset(self) -> None:
        """Set raw mode without interrupts for a new child. Unread bytes stay, as in the UART's ring."""
        tty.setraw(self.slave, termios.TCSANOW)

    def take_back(self) -> bytes:
        """Remove the unread bytes and return them."""
        size = self.unread()
        return os.read(self.slave, size) if size else b""

    def forget(self) -> None:
        """Drop the unread bytes, after a loss of power."""
        termios.tcflush(self.slave, termios.TCIFLUSH)

    def read(self) -> bytes:
        """Return the output of the child, or b""."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.master, 65536)
        return b""

    def write(self, data: bytes) -> int:
        """Write bytes and return the number that was accepted."""
        with contextlib.suppress(BlockingIOError):
            return os.write(self.master, data)
        return 0

    def close(self) -> None:
        """Close both ends."""
        os.close(self.master)
        os.close(self.slave)


class Child:
    """A running MicroPython. `ended` is a descriptor that becomes readable when the process has ended."""

    def __init__(
        self, runtime: Path, console: ChildConsole, config: dict[str, Any], config_path: Path, log: Path
    ) -> None:
        config_path.write_text(json.dumps(config))
        self.ended, alive = os.pipe()
        environment = {
            "VPOD_CONFIG": str(config_path),
            "MICROPYPATH": f"{ONPOD}:.frozen",
            "PATH": os.defpath,
            "TERM": "dumb",
        }
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(runtime), "-X", f"heapsize={config['heap_bytes']}", "-i", "-c", _START],
                stdin=console.slave,
                stdout=console.slave,
                stderr=errors,
                env=environment,
                cwd="/",
                pass_fds=(alive,),
                start_new_session=True,  # a Ctrl-C in the terminal of `retropod sim` is not the pod's
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        os.close(alive)

    def interrupt(self) -> bool:
        """Send the interrupt of byte 3. Return False if the runtime has no handler now: then the byte is data.

        Between the end of a statement and the next prompt the runtime has no handler, and the signal would end it. So
        stop the process first: its state is then the same when the signal arrives.
        """
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():  # a platform without /proc
            self.process.send_signal(signal.SIGINT)
            return True
        self.process.send_signal(signal.SIGSTOP)
        if self.process.returncode is not None:
            return False
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        listening = _catches(status.read_text(), signal.SIGINT)
        if listening:
            self.process.send_signal(signal.SIGINT)
        self.process.send_signal(signal.SIGCONT)
        return listening

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()

    def reap(self) -> int:
        """Wait for the end of the process and return its exit status."""
        status = self.process.wait(timeout=10)
        os.close(self.ended)
        return status


def _catches(status: str, number: signal.Signals) -> bool:
    """Return True if the process of a /proc/PID/status has a handler for the signal."""
    caught = next((line for line in status.splitlines() if line.startswith("SigCgt:")), "SigCgt: 0")
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
