"""A pod without hardware: the app in a MicroPython process, with buttons, pins, power and faults."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retropod.errors import OperationFailed, UsageError
from retropod.virtual import builtapp
from retropod.virtual import installed as installation
from retropod.virtual.board import VirtualBoard
from retropod.virtual.child import ONPOD, Child, ChildConsole
from retropod.virtual.control_pipes import Wires
from retropod.virtual.firstuse import FirstUse
from retropod.virtual.ports import Port, PtyPort, SocketPort
from retropod.virtual.relay import Relay
from retropod.virtual.render import Renderer
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Source
from retropod.virtual.uartline import REPL_BAUD

__all__ = ["VirtualBoard", "VirtualPod"]

_FLASH_BYTES = 2 << 20  # the file system partition of stock MicroPython on an ESP32 with 4 MB
_HEAP_BYTES = 8 << 20
_ANSWERS = ("counts", "fifo", "spent")  # events that answer the order of the same name
COSTS = ("esp32",)  # processors with a cost model
_ROM_TEXT = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x%x (%s),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
_POWER_ON, _HARD_RESET, _WATCHDOG_RESET, _SOFT_RESET = 1, 2, 3, 5  # machine.reset_cause()
_CRASH_LOOP = 5  # sessions in a row that end within a second, after which the pod stays off
_HUNG_S = 1.0  # time for the processor to send the state of its chips at a reset


class VirtualPod:
    """A pod whose flash is stored in `state_dir`. Use it as a context, or call start() and close().

    speed: factor of real time, or "max": time advances only while the firmware sleeps, as fast as the machine, to the
    end of the source and of `tail_s` of standing after it. After that the pod runs in real time.
    hold: True freezes time when the sensor's FIFO is first enabled, until go(). With "still" time advances and the
    sensor stands still until then.
    loop: start the source again at its end, permanently. Gaps of the source occur in the first round only.
    faults: see onpod/vpod/faults.py; inject() adds one at any time.
    link: "pty" or "socket". baud: limit both directions to a serial line of that speed, with the ESP32's small ring.
    uart: chip (esp32, esp32s3, esp32c3, or one without a model) whose UART drives the line, at the rate of its
    registers. Bytes that the host sends or receives at another rate are damaged. uart_bus_hz: its bus clock.
    patience_ms: at speed "max", time stops when the host has sent nothing for this long in the pod's time.
    firmware: folder that replaces the built app: boot.py, main.py and modules, run without a build step. Build a
    changed folder of sources with builtapp.folder(). An app that is installed on the pod's own flash takes precedence.
    cost: "esp32" charges the time that an ESP32 takes (docs/virtual-pod-costs.md), for an app that is installed, on a
    line of 115,200 baud or of `baud`. None: files, imports and bytecode cost nothing.
    installed: store the app in a slot of the pod's flash, built as for a board; None: with `cost` only. With `firmware`
    store the files of that folder unchanged.
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
        board: VirtualBoard | None = None,
        link: str = "pty",
        baud: int | None = None,
        uart: str | None = None,
        uart_bus_hz: int = 80_000_000,
        patience_ms: int | None = None,
        tail_s: float = 3.0,
        firmware: Path | None = None,
        cost: str | None = None,
        installed: bool | None = None,
        loop: bool = False,
    ) -> None:
        if loop and speed == "max":
            raise UsageError('a source without end cannot run at speed "max"', "give a factor of real time")
        if cost not in (None, *COSTS):
            raise UsageError(f"there is no cost model of {cost}", f"one of: {', '.join(COSTS)}")
        self._board = board or VirtualBoard(chip=chip, clock_ppm=clock_ppm, odr_error=odr_error)
        self._dir = Path(state_dir)
        self._speed = speed
        self._hold: bool | str | None = hold
        self._loop = loop
        self._faults = [*faults, *(source.losses() if source else ())]
        self._patience_ms = patience_ms
        self._tail_ms = round(tail_s * 1000)
        self._cost = cost
        self._installed = cost is not None if installed is None else installed
        self._own_firmware = firmware
        self._link = link
        self._baud = REPL_BAUD if uart or (cost and baud is None) else baud
        self._uart = uart
        self._uart_bus_hz = uart_bus_hz
        self._source = source
        self._runtime = find_runtime()
        self._renderer = Renderer(source, self._dir / "render")
        self._lock = threading.RLock()
        self._child: Child | None = None
        self._cause: int | None = None  # of the next reset
        self._running = False
        self._plugged = False
        self._watchdog: threading.Timer | None = None
        self._used = FirstUse()
        self._answers: dict[str, dict[str, Any]] = {}

    # -- power

    def __enter__(self) -> "VirtualPod":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Connect the cable and switch the power on."""
        self._dir.mkdir(parents=True, exist_ok=True)
        self._firmware = self._own_firmware or builtapp.folder()
        self._make_flash()
        self._wires = Wires(self._dir)
        self._console = ChildConsole()
        self._port: Port = PtyPort() if self._link == "pty" else SocketPort()
        self.url = self._port.url
        self._relay = Relay(
            self._port,
            self._console,
            self._wires.events,
            self._on_event,
            self._on_end,
            self._line_baud(),
            self._speed == "max",
            self._used.take,
        )
        self._relay.start()
        self._plugged = True
        self.power_on()

    def close(self) -> None:
        """Switch the pod off and free its resources. The flash stays in `state_dir`. A second call does nothing."""
        if not self._plugged:
            return
        self.kill()
        self._plugged = False
        self._relay.stop()
        self._port.close()
        self._console.close()
        self._wires.close()

    def power_on(self) -> None:
        """Power-on reset: zero the clock, reset the chip, rewind the source."""
        with self._lock:
            if self._child:
                return
            self._running = True
            self._true_us, self._true_at = 0, time.monotonic()
            self._heard_at = self._true_at
            self._source_start_us: int | None = None
            self._short_lives = 0
            self._levels: list[tuple[int, int, int]] = []
            self._chip_states: dict[str, Any] = {}
            self._rtc_memory = ""
            self._meetings: list[tuple[int, int]] = []  # (pod's us, machine's us) at start and shifts
            for mark in self._wires.marks.values():
                mark.clear()
            self._boot(_POWER_ON)

    def kill(self) -> None:
        """Cut the power at once."""
        with self._lock:
            self._running = False
            self._call_off_watchdog()
            self._end_child()
        self._wait_dead()

    def _wait_dead(self) -> None:
        deadline = time.monotonic() + 10
        while self._child and time.monotonic() < deadline:
            time.sleep(0.002)

    def reset(self) -> None:
        """Press the reset button: the processor starts again, the chip keeps its power."""
        child = self._child
        self._short_lives = 0  # a reset by hand is not part of a crash loop
        self._wires.tell("reset")
        deadline = time.monotonic() + _HUNG_S
        while self._child is child and time.monotonic() < deadline:
            time.sleep(0.002)
        if child and self._child is child:
            self._cause = _HARD_RESET
            child.kill()
            while self._child is child:
                time.sleep(0.002)
        while self._running and self._child is None:
            time.sleep(0.002)  # from now on the marks belong to the new session

    # -- actions from outside

    def go(self) -> None:
        """Start a held source."""
        self._hold = None
        self._wires.order("go")

    def inject(self, kind: str, **details: Any) -> None:
        """Start a fault now."""
        self._wires.order("fault", fault={"kind": kind, **details})

    def set_pin(self, number: int, level: int) -> None:
        """Hold a pin at a level, also across resets."""
        self._board.pins[str(number)] = level
        if self._child:
            self._wires.order("pin", pin=str(number), level=level)

    def set_volts(self, number: int, volts: float) -> None:
        """Set the voltage of an analogue input, also across resets."""
        self._board.adc_volts[str(number)] = volts
        if self._child:
            self._wires.order("volts", pin=str(number), volts=volts)

    def cut_power_at_write(self, number: int, torn: bool = True) -> None:
        """Cut the power at the `number`th write to flash from now on. Write half of it if `torn`, else nothing."""
        self._wires.order("cut", writes=number, torn=torn)

    # -- observations

    def wait_held(self, timeout_s: float) -> bool:
        """Wait until the firmware has enabled the FIFO and the held source is ready. Return False on a timeout."""
        return self._wires.marks["held"].wait(timeout_s)

    def wait_used(self, timeout_s: float) -> bool:
        """Wait until a host has requested a stream, recording or mount check. Return False on a timeout."""
        return self._used.seen.wait(timeout_s)

    def ignore_use(self) -> None:
        """Let `wait_used` wait for a request after this call, because the ones so far only set the pod up."""
        self._used.rearm()

    def wait_power_cut(self, timeout_s: float) -> bool:
        """Wait for the cut of cut_power_at_write(). Return False if the pod did not write that often in time."""
        if not self._wires.marks["power_cut"].wait(timeout_s):
            return False
        self._wait_dead()
        return True

    def wait_source_end(self, timeout_s: float) -> bool:
        """Wait until source and tail have left the chip's FIFO. Return False on a timeout."""
        return self._wires.marks["source_end"].wait(timeout_s)

    @property
    def rate_hz(self) -> float:
        """True sample rate of the chip in Hz at the setting of the firmware; 0.0 before the firmware sets it."""
        return self._renderer.rate_hz

    def sample_monotonic_s(self, index: int) -> float:
        """Return the time.monotonic() at which the chip produced sample `index` of the source.

        Only in real time (or a factor of it), once the source runs. Raises OperationFailed otherwise.
        """
        if self._speed == "max" or self._source_start_us is None or not self._meetings or not self.rate_hz:
            raise OperationFailed("the samples have no instants in real time", "run the pod at a fixed speed")
        rate_hz = self.rate_hz
        true_us = (int(self._source_start_us * rate_hz / 1e6) + 1 + index) * 1e6 / rate_hz
        passed = [meeting for meeting in self._meetings if meeting[0] <= true_us]
        at_us, real_us = passed[-1] if passed else self._meetings[0]
        return (real_us + (true_us - at_us) / float(self._speed)) / 1e6

    def dropped(self) -> tuple[int, int]:
        """Return the bytes lost on the line: from pod to host, from host to pod."""
        return self._relay.dropped_to_host, self._relay.dropped_to_pod

    def counts(self) -> dict[str, Any]:
        """Return the file operations of the firmware since the last call. Needs `cost`.

        Keys: `imports` (names of modules that were not loaded), `opens` (paths), `lookups` (stat and the like),
        `listdirs`, `changes` (remove, rename, mkdir, rmdir). Raises OperationFailed without `cost`, or if the pod is
        off.
        """
        self._need_cost()
        return self._answer("counts")

    def fifo_stats(self) -> dict[str, float]:
        """Return how the firmware served the chip's FIFO since the last call, in the pod's time.

        Keys: `longest_gap_s` between two reads (also the current one), `lost` samples, `overruns`, `reads`. Raises
        OperationFailed if the pod is off.
        """
        stats = self._answer("fifo")
        return {"longest_gap_s": stats.pop("longest_us") / 1e6, **stats}

    def time_spent(self) -> dict[str, float]:
        """Return the use of processor time since the last reset, in s of the pod's time. Needs `cost`.

        Keys: `cpu_s`, `flash_s` with littlefs's own work, `idle_s`, `other_s` (bus, console, collections on request),
        `all_s`. Raises OperationFailed without `cost`, or if the pod is off.
        """
        self._need_cost()
        spent = {name.removesuffix("_us") + "_s": us / 1e6 for name, us in self._answer("spent").items()}
        return {**spent, "other_s": 2 * spent["all_s"] - sum(spent.values())}

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until the app has polled its console once. Needs `cost`. Return False on a timeout."""
        return self._wires.marks["ready"].wait(timeout_s)

    def _need_cost(self) -> None:
        if self._cost is None:
            raise OperationFailed("a virtual pod without costs does not count", 'give it cost="esp32"')

    def _answer(self, name: str) -> dict[str, Any]:
        self._wires.order(name)
        return {key: value for key, value in self._answers[name].items() if key not in ("event", "true_us")}

    def levels(self, number: int) -> list[tuple[float, int]]:
        """Return the levels of a watched output: (true time in s since power-on, level), oldest first."""
        return [(at_us / 1e6, level) for at_us, pin, level in self._levels if pin == number]

    def log_text(self) -> str:
        """Return the log of orders and events, with the standard error of the processor."""
        return self._wires.log.read_text(errors="replace")

    # -- inside

    def _make_flash(self) -> None:
        if self._installed:
            installation.provide(self._dir, _FLASH_BYTES, self._own_firmware)
        else:
            installation.make_blank(self._dir / "flash.bin", _FLASH_BYTES)

    def _line_baud(self) -> int | None:
        """Return bit/s in this machine's time. With costs the line follows the pod's time, which models it at "max"."""
        if not self._baud or not self._cost:
            return self._baud
        return None if self._speed == "max" else round(self._baud * float(self._speed))

    def _boot(self, cause: int, raw_repl: bool = False) -> None:
        """Start the processor. The caller must hold the lock."""
        self._wires.forget()
        self._console.reset()
        if cause != _SOFT_RESET:
            self._call_off_watchdog()
            self._console.forget()
            if self._uart:
                self._relay.start_at(REPL_BAUD)
        self._relay.screen.new_child(raw_repl)
        if raw_repl:
            self._relay.enter_raw_repl()
        if cause == _SOFT_RESET:
            self._relay.print(b"MPY: soft reboot\r\n")
        else:
            names = {
                _POWER_ON: (1, b"POWERON_RESET"),
                _HARD_RESET: (0xC, b"SW_CPU_RESET"),
                _WATCHDOG_RESET: (7, b"TG0WDT_SYS_RESET"),
            }
            self._relay.print(_ROM_TEXT % names[cause])
        self._wires.marks["held"].clear()
        self._wires.marks["ready"].clear()
        self._cause = None
        self._born = time.monotonic()
        config = self._configuration(cause, raw_repl)
        self._child = Child(self._runtime, self._console, config, self._dir / "config.json", self._wires.log)
        self._relay.attach(self._child.ended, self._child.interrupt)

    def _configuration(self, cause: int, raw_repl: bool) -> dict[str, Any]:
        return {
            **self._board.wiring(),
            "mark": self._relay.screen.mark.decode(),
            "raw_repl": raw_repl,
            "reset_cause": cause,
            "commands": str(self._wires.commands_path.resolve()),
            "events": str(self._wires.events_path.resolve()),
            "flash": str((self._dir / "flash.bin").resolve()),
            "firmware": str(self._firmware.resolve()),
            "onpod": str(ONPOD.resolve()),
            "heap_bytes": _HEAP_BYTES,
            "cost": self._cost or "",
            "line_baud": self._baud or 0,
            "uart": self._uart or "",
            "uart_bus_hz": self._uart_bus_hz,
            "speed": self._speed if not self._wires.marks["source_end"].is_set() else 1.0,
            "patience_ms": self._patience_ms,
            "hold": self._hold,
            "loop": self._loop,
            "tail_ms": self._tail_ms,
            "true_us": self._now_us(),
            "source_start_us": None if self._hold else self._source_start_us,
            "source_us": round(self._source.duration_s * 1e6) if self._source else 0,
            "chip_states": self._chip_states,
            "rtc_memory": self._rtc_memory,
            "faults": self._faults,
        }

    def _now_us(self) -> int:
        """Return the true time since power-on, as the host knows it."""
        if self._speed == "max":
            return self._true_us
        if self._cost:
            return self._true_us + int((time.monotonic() - self._heard_at) * float(self._speed) * 1e6)
        return int((time.monotonic() - self._true_at) * float(self._speed) * 1e6)

    def _on_event(self, line: bytes) -> None:
        event = self._wires.take(line)
        name = event["event"]
        self._true_us = max(self._true_us, int(event["true_us"]))
        self._heard_at = time.monotonic()
        if name in _ANSWERS:
            self._answers[name] = event
        elif name in ("reset", "power_cut", "watchdog"):
            self._stop_for(name, event)
        else:
            self._note(name, event)
        self._wires.mark(event)

    def _stop_for(self, name: str, event: dict[str, Any]) -> None:
        """Handle an event that ends the processor's session, or may end it later."""
        if name == "watchdog":
            self._set_watchdog(int(event["ms"]))
            return
        if name == "reset":
            self._cause = _SOFT_RESET if event["soft"] else _HARD_RESET
        else:
            self._running = False
        self._end_child()

    def _note(self, name: str, event: dict[str, Any]) -> None:
        """Handle an event that does not end the session."""
        if name == "render":
            asked = (event["element"], event["rate_hz"], event["lsb"], event["full"])
            self._wires.tell("answer", **self._renderer.render(*asked))
        elif name == "rtc":
            self._rtc_memory = event["memory"]
        elif name == "pin":
            self._levels.append((int(event["true_us"]), int(event["pin"]), int(event["level"])))
        elif name == "uart" and self._uart:
            self._relay.set_pod_rate(int(event["baud"]))
        elif name == "chips":
            self._chip_states = event["states"]
        elif name == "started":
            self._source_start_us = int(event["start_us"])
            if not self._cost:
                self._meetings.clear()
            self._meet(self._source_start_us, event["real_us"], int(event["true_us"]))
        elif name == "shift":
            self._meet(int(event["at_us"]), event["real_us"], int(event["at_us"]))

    def _meet(self, at_us: int, real_us: int | None, now_us: int) -> None:
        """From `now_us` on, the pod's time `at_us` is `real_us` of the machine's monotonic clock."""
        if real_us is None or self._speed == "max":
            return
        if not self._meetings:
            self._meetings = [(at_us, real_us)]
        else:
            self._meetings.append((now_us, real_us + int((now_us - at_us) / float(self._speed))))

    def _set_watchdog(self, after_ms: int) -> None:
        self._call_off_watchdog()
        self._watchdog = threading.Timer(after_ms / 1000, self._bite)
        self._watchdog.daemon = True
        self._watchdog.start()

    def _call_off_watchdog(self) -> None:
        if self._watchdog:
            self._watchdog.cancel()
        self._watchdog = None

    def _bite(self) -> None:
        with self._lock:
            if self._running:
                self._cause = _WATCHDOG_RESET
                self._end_child()

    def _end_child(self) -> None:
        if self._child:
            self._child.kill()

    def _on_end(self, raw_repl: bool) -> None:
        """Handle the end of the process: a power cut, a reset, or the end of the REPL, which is a soft reset."""
        with self._lock:
            if self._child is None:
                return
            status = self._child.reap()
            self._child = None
            self._wires.note(b"the processor stopped with status %d" % status)
            if not self._running:
                return
            short = time.monotonic() - self._born < 1.0
            self._short_lives = self._short_lives + 1 if short and status else 0  # status 0: the user left the REPL
            if self._short_lives >= _CRASH_LOOP and status:
                self._running = False
                self._wires.note(b"the app does not start: the pod stays off")
                return
            self._boot(self._cause or _SOFT_RESET, raw_repl and self._cause is None)
