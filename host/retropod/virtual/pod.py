"""A pod without hardware: the firmware in a MicroPython process, with what a hand can do to a real one."""

import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from retropod import sources
from retropod.errors import OperationFailed
from retropod.virtual.child import ONPOD, Child, Console
from retropod.virtual.ports import Port, PtyPort, SocketPort
from retropod.virtual.relay import Relay
from retropod.virtual.render import Renderer
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Source

_FLASH_BYTES = 2 << 20  # the file system partition of stock MicroPython on an ESP32 with 4 MB
_HEAP_BYTES = 8 << 20
_ERASED = b"\xff"
_ROM_TEXT = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x%x (%s),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
_POWER_ON, _HARD_RESET, _SOFT_RESET = 1, 2, 5  # machine.reset_cause()
_CRASH_LOOP = 5  # so many lives of under a second each: it will not come up
_DEAF_S = 5.0  # longest time between two sleeps of a firmware that works
_HUNG_S = 1.0  # how long a reset waits for the processor to leave the chip's state behind


@dataclass(frozen=True)
class Board:
    """What is soldered: chip, wires, and how far this board's crystal and chip are off.

    `odr_error` and `freq_fine` are relative (0.01 is 1 % fast); `freq_fine` is what the chip claims of itself, None: as
    it is. `clock_ppm` is the ESP32's error against true time. `accel_first`: the order of the two words of a time slot,
    which no data sheet promises.
    """

    chip: str = "lsm6dso32"
    address: int = 0x6A
    i2c_pins: tuple[int, int] = (21, 22)  # SDA, SCL
    clock_ppm: int = 0
    odr_error: float = 0.0
    freq_fine: float | None = None
    who_am_i: int = 0x6C
    temperature_c: float = 28.0
    accel_first: bool = False
    pins: dict[str, int] = field(default_factory=dict)
    adc_volts: dict[str, float] = field(default_factory=dict)
    unique_id: str = "240ac4000001"
    ticks_start_ms: int = 300  # what the ESP32's clock shows when MicroPython starts


class VirtualPod:
    """A pod in `state_dir`, which holds its flash between lives. Use it as a context, or call start() and close().

    speed: factor to real time, or "max": time passes only while the firmware sleeps, as fast as the machine, until the
    source and `tail_s` of standing after it are through; then it runs in real time.
    hold: True freezes time when the sensor's FIFO is first enabled, until go(); "still" lets time pass and the sensor
    stand still instead.
    faults: see onpod/vpod/faults.py; inject() adds one at any time.
    link: "pty" or "socket". baud: limit both directions to a serial line of that speed, with the ESP32's small ring.
    patience_ms: at speed "max", time waits whenever the host has been silent for that long in the pod's time.
    firmware: directory with boot.py, main.py and pod/; what was installed on the pod's own flash goes before it.
    """

    def __init__(
        self,
        state_dir: Path | str,
        source: Source | None = None,
        chip: str = "lsm6dso32",
        speed: float | str = 1.0,
        hold: bool | str = False,
        faults: Sequence[dict[str, Any]] = (),
        clock_ppm: int = 0,
        odr_error: float = 0.0,
        *,
        board: Board | None = None,
        link: str = "pty",
        baud: int | None = None,
        patience_ms: int | None = None,
        tail_s: float = 3.0,
        firmware: Path | None = None,
    ) -> None:
        self._board = board or Board(chip=chip, clock_ppm=clock_ppm, odr_error=odr_error)
        self._dir = Path(state_dir)
        self._speed = speed
        self._hold: bool | str | None = hold
        self._faults = list(faults)
        self._patience_ms = patience_ms
        self._tail_ms = round(tail_s * 1000)
        self._firmware = firmware or sources.firmware_dir()
        self._link = link
        self._baud = baud
        self._source = source
        self._runtime = find_runtime()
        self._renderer = Renderer(source, self._dir / "render")
        self._lock = threading.RLock()
        self._marks = {name: threading.Event() for name in ("held", "started", "source_end", "power_cut", "did")}
        self._child: Child | None = None
        self._running = False
        self._plugged = False

    # -- life

    def __enter__(self) -> "VirtualPod":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Put the cable in and switch the power on."""
        self._dir.mkdir(parents=True, exist_ok=True)
        self._make_flash()
        self._log = self._dir / "pod.log"
        self._log.write_bytes(b"")
        self._commands = self._make_fifo("commands")
        self._events = self._make_fifo("events")
        self._console = Console()
        self._port: Port = PtyPort() if self._link == "pty" else SocketPort()
        self.url = self._port.url
        self._relay = Relay(
            self._port, self._console, self._events, self._on_event, self._on_end, self._baud, self._speed == "max"
        )
        self._relay.start()
        self._plugged = True
        self.power_on()

    def close(self) -> None:
        """Switch it off and give everything back; the flash stays in `state_dir`. Closing twice is harmless."""
        if not self._plugged:
            return
        self.kill()
        self._plugged = False
        self._relay.stop()
        self._port.close()
        self._console.close()
        for descriptor in (self._commands, self._events):
            os.close(descriptor)
        for name in ("commands", "events"):
            (self._dir / name).unlink(missing_ok=True)

    def power_on(self) -> None:
        """Begin a life: clock at zero, chip reset, source at its beginning."""
        with self._lock:
            if self._child:
                return
            self._running = True
            self._true_us, self._true_at = 0, time.monotonic()
            self._source_start_us: int | None = None
            self._short_lives = 0
            self._chip_states: dict[str, Any] = {}
            for mark in self._marks.values():
                mark.clear()
            self._boot(_POWER_ON)

    def kill(self) -> None:
        """Cut the power, wherever it is."""
        with self._lock:
            self._running = False
            if self._child:
                self._child.kill()
        self._wait_dead()

    def _wait_dead(self) -> None:
        deadline = time.monotonic() + 10
        while self._child and time.monotonic() < deadline:
            time.sleep(0.002)

    def reset(self) -> None:
        """Press the reset button: the processor starts anew, the chip keeps its power."""
        child = self._child
        self._tell({"do": "reset"})
        deadline = time.monotonic() + _HUNG_S
        while self._child is child and time.monotonic() < deadline:
            time.sleep(0.002)
        if child and self._child is child:
            self._cause = _HARD_RESET
            child.kill()
            while self._child is child:
                time.sleep(0.002)

    # -- what a hand or the world does

    def go(self) -> None:
        """Let a held source start."""
        self._hold = None
        self._order({"do": "go"})

    def inject(self, kind: str, **details: Any) -> None:
        """Let a fault happen now."""
        self._order({"do": "fault", "fault": {"kind": kind, **details}})

    def set_pin(self, number: int, level: int) -> None:
        """Hold a pin at a level, also over resets."""
        self._board.pins[str(number)] = level
        if self._child:
            self._order({"do": "pin", "pin": str(number), "level": level})

    def cut_power_at_write(self, number: int, torn: bool = True) -> None:
        """Cut the power at the `number`th write to flash from now on: half of it is written if `torn`, else nothing."""
        self._order({"do": "cut", "writes": number, "torn": torn})

    # -- what can be seen

    def wait_held(self, timeout_s: float) -> bool:
        """Wait until the firmware has enabled the FIFO and the held source is ready; False if it did not."""
        return self._marks["held"].wait(timeout_s)

    def wait_power_cut(self, timeout_s: float) -> bool:
        """Wait until cut_power_at_write() has done its work; False if the pod did not write that often."""
        if not self._marks["power_cut"].wait(timeout_s):
            return False
        self._wait_dead()
        return True

    def wait_source_end(self, timeout_s: float) -> bool:
        """Wait until source and tail have left the chip's FIFO; False if they did not in time."""
        return self._marks["source_end"].wait(timeout_s)

    @property
    def rate_hz(self) -> float:
        """The chip's true sample rate, from what the firmware has set it to; 0.0 before it has."""
        return self._renderer.rate_hz

    def sample_monotonic_s(self, index: int) -> float:
        """When the chip produced sample `index` of the source, on time.monotonic().

        Only in real time (or a factor of it), once the source runs. Raises OperationFailed otherwise.
        """
        if self._speed == "max" or self._started is None:
            raise OperationFailed("the samples have no instants in real time", "run the pod at a fixed speed")
        start_us, real_us = self._started
        rate_hz = self.rate_hz
        number = int(start_us * rate_hz / 1e6) + 1 + index
        return (real_us + (number * 1e6 / rate_hz - start_us) / float(self._speed)) / 1e6

    def dropped(self) -> tuple[int, int]:
        """Bytes lost on the line: from pod to host, from host to pod."""
        return self._relay.dropped_to_host, self._relay.dropped_to_pod

    def log_text(self) -> str:
        """What went on out of band, and what the processor wrote to its standard error."""
        return self._log.read_text(errors="replace")

    # -- inside

    _started: tuple[int, int] | None = None
    _cause: int | None = None

    def _make_flash(self) -> None:
        path = self._dir / "flash.bin"
        if not path.exists():
            path.write_bytes(_ERASED * _FLASH_BYTES)

    def _make_fifo(self, name: str) -> int:
        path = self._dir / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK)  # both ways, so that neither side ever waits for the other

    def _tell(self, message: dict[str, Any]) -> None:
        os.write(self._commands, (json.dumps(message) + "\n").encode())

    def _order(self, message: dict[str, Any]) -> None:
        """Send a command and wait until it is done. The pod serves them while the firmware sleeps."""
        self._marks["did"].clear()
        self._tell(message)
        if not self._marks["did"].wait(_DEAF_S):
            raise OperationFailed(f"the virtual pod did not {message['do']}", "its firmware never sleeps, or it is off")

    def _drain_commands(self) -> None:
        try:
            while os.read(self._commands, 65536):
                pass
        except BlockingIOError:
            return

    def _boot(self, cause: int, raw_repl: bool = False) -> None:
        """Start the processor. Called with the lock held."""
        self._drain_commands()
        self._console.reset()
        if cause != _SOFT_RESET:
            self._console.forget()
        self._relay.screen.new_child(raw_repl)
        if raw_repl:
            self._relay.enter_raw_repl()
        if cause == _SOFT_RESET:
            self._relay.print(b"MPY: soft reboot\r\n")
        else:
            names = {_POWER_ON: (1, b"POWERON_RESET"), _HARD_RESET: (0xC, b"SW_CPU_RESET")}
            self._relay.print(_ROM_TEXT % names[cause])
        self._marks["held"].clear()
        self._cause = None
        self._born = time.monotonic()
        config = self._configuration(cause, raw_repl)
        self._child = Child(self._runtime, self._console, config, self._dir / "config.json", self._log)
        self._relay.attach(self._child.ended, self._child.interrupt)

    def _configuration(self, cause: int, raw_repl: bool) -> dict[str, Any]:
        board = asdict(self._board)
        return {
            "mark": self._relay.screen.mark.decode(),
            "raw_repl": raw_repl,
            "reset_cause": cause,
            "commands": str((self._dir / "commands").resolve()),
            "events": str((self._dir / "events").resolve()),
            "flash": str((self._dir / "flash.bin").resolve()),
            "firmware": [str(self._firmware.resolve()), str(sources.wire_dir())],
            "onpod": str(ONPOD.resolve()),
            "heap_bytes": _HEAP_BYTES,
            "speed": self._speed if not self._marks["source_end"].is_set() else 1.0,
            "patience_ms": self._patience_ms,
            "hold": self._hold,
            "tail_ms": self._tail_ms,
            "true_us": self._now_us(),
            "source_start_us": None if self._hold else self._source_start_us,
            "source_us": round(self._source.duration_s * 1e6) if self._source else 0,
            "chip_states": self._chip_states,
            "chips": [{"kind": self._board.chip, "faults": self._faults, **board}],
            **{
                name: board[name]
                for name in ("clock_ppm", "i2c_pins", "pins", "adc_volts", "unique_id", "ticks_start_ms")
            },
        }

    def _now_us(self) -> int:
        """True time since power-on, as far as it is known here."""
        if self._speed == "max":
            return self._true_us
        return int((time.monotonic() - self._true_at) * float(self._speed) * 1e6)

    def _on_event(self, line: bytes) -> None:
        event: dict[str, Any] = json.loads(line)
        name = event["event"]
        if name not in ("chips", "did"):
            self._note(line)
        self._true_us = max(self._true_us, int(event["true_us"]))
        if name == "render":
            self._tell({"do": "answer", **self._renderer.render(event["element"], event["rate_hz"], event["lsb"])})
        elif name == "reset":
            self._cause = _HARD_RESET
            if self._child:
                self._child.kill()
        elif name == "power_cut":
            self._running = False
            if self._child:
                self._child.kill()
        elif name == "chips":
            self._chip_states = event["states"]
        elif name == "started":
            self._source_start_us = int(event["start_us"])
            self._started = (int(event["start_us"]), int(event["real_us"] or 0))
        if name in self._marks:
            self._marks[name].set()

    def _note(self, line: bytes) -> None:
        with self._log.open("ab") as log:
            log.write(line + b"\n")

    def _on_end(self, raw_repl: bool) -> None:
        """The processor's life is over: by power cut, by reset, or because the REPL was left (a soft reset)."""
        with self._lock:
            if self._child is None:
                return
            status = self._child.reap()
            self._child = None
            self._note(b"the processor stopped with status %d" % status)
            if not self._running:
                return
            self._short_lives = self._short_lives + 1 if time.monotonic() - self._born < 1.0 else 0
            if self._short_lives >= _CRASH_LOOP and status:
                self._running = False
                self._note(b"it does not come up: left alone")
                return
            self._boot(self._cause or _SOFT_RESET, raw_repl and self._cause is None)
