"""One life of the pod's processor: a MicroPython process on a pseudo-terminal of its own."""

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
    """A host that is killed takes its pod with it, even one that loops without looking at its console."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Console:
    """The pseudo-terminal between relay and child; it outlives children, as a UART outlives resets."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)

    def interrupts(self) -> bool:
        """True while byte 3 is an interrupt and no data."""
        return bool(termios.tcgetattr(self.slave)[3] & termios.ISIG)

    def unread(self) -> int:
        """Bytes that the child has not read yet."""
        return struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0" * 4))[0]

    def reset(self) -> None:
        """Raw and without interrupts: how a child finds it. What is unread stays, as in the UART's ring."""
        tty.setraw(self.slave, termios.TCSANOW)

    def take_back(self) -> bytes:
        """What is unread, which then is not there any more."""
        size = self.unread()
        return os.read(self.slave, size) if size else b""

    def forget(self) -> None:
        """Drop what is unread: power was off."""
        termios.tcflush(self.slave, termios.TCIFLUSH)

    def read(self) -> bytes:
        """What the child has written, b"" if nothing."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.master, 65536)
        return b""

    def write(self, data: bytes) -> int:
        """How many bytes found room."""
        with contextlib.suppress(BlockingIOError):
            return os.write(self.master, data)
        return 0

    def close(self) -> None:
        """End it."""
        os.close(self.master)
        os.close(self.slave)


class Child:
    """A running MicroPython. `ended` is a descriptor that becomes readable when it is gone."""

    def __init__(self, runtime: Path, console: Console, config: dict[str, Any], config_path: Path, log: Path) -> None:
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
        """What byte 3 does while it is an interrupt. False if the runtime is just not listening: then it is data.

        Between a statement's end and the next prompt the runtime has no handler, and the signal would end it. So it is
        stopped first: what is found then still holds when the signal arrives.
        """
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():  # no such file system here
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
        """End it at once, wherever it is."""
        self.process.kill()

    def reap(self) -> int:
        """Return its exit status once it is gone."""
        status = self.process.wait(timeout=10)
        os.close(self.ended)
        return status


def _catches(status: str, number: signal.Signals) -> bool:
    """Whether a process with that /proc/PID/status has a handler for the signal."""
    caught = next((line for line in status.splitlines() if line.startswith("SigCgt:")), "SigCgt: 0")
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
