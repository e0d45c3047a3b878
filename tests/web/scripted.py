"""A live page without a pod: `python -m web.scripted PORT TOKEN [guided] [pair]`.

Each line on stdin is a command of `_COMMANDS`. The clock of the statistics is simulated, so that no value becomes
outdated because the machine is slow.
"""

import json
import math
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass, replace

from retropod.client.messages import EventMessage, RawMessage, StatusMessage, StrideMessage
from retropod.client.stream import Gap
from retropod.insight.feet import compare_feet
from retropod.insight.steps import TimedStride
from retropod.insight.units import UNITS
from retropod.live import plan, targets
from retropod.live.cues import Cues
from retropod.live.interruptions import Disconnected
from retropod.live.plantimer import PlanTimer
from retropod.live.watch import StreamStats
from retropod.live.web.server import LOOPBACK, listening, serving
from retropod.live.web.sounds import SOUNDS
from retropod.live.web.state import ShoeTrack
from retropod.live.web.view import WebView
from retropod.live.web.wave import RawWave

PERIOD_S = 0.7
UNIT = UNITS["metric"]
PLAN = "8x(20s back, 40s forward)"
TARGETS = ("back speed 9..12", "cadence 160..", "contact ..200", "contact 100..", "forward speed 12..15")


def say(answer: dict) -> None:
    """Print an answer in one call: the thread of the server prints keys, too."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


@dataclass
class Control:
    """Pod that answers each key at once."""

    status: StatusMessage | None = None
    message: str = ""
    away: bool = False

    def press(self, key: str) -> None:
        """Record the key, as `PodControl` does."""
        if key == "r" and self.status:
            self.status = replace(self.status, run=0 if self.status.run else 7)
        self.message = {"l": "lap in run 7", "r": "recording toggled"}[key]
        say({"pressed": key})


class Script:
    """A session that follows commands."""

    def __init__(self, guided: bool, pair: bool) -> None:
        """`guided`: with a plan and targets. `pair`: with two shoes, of which the right one has 20 ms more contact."""
        self.now_s, self.number = 1000.0, 0
        self.control = Control()
        timer = PlanTimer(plan.parse(PLAN), lambda: self.now_s) if guided else None
        self.cues = Cues(timer, [targets.parse(text, UNIT) for text in TARGETS] if guided else ())
        self.shoes = [
            ShoeTrack(f"{side} shoe", side, lambda: self.control.status, raw=True)
            for side in ("left", "right")[: 1 + pair]
        ]
        self.shoes[-1]._away = lambda: self.control.away
        self.timed = {shoe.title: deque(maxlen=14) for shoe in self.shoes}
        for shoe in self.shoes:
            shoe.stats = StreamStats(clock=lambda: self.now_s)
            shoe.wave = RawWave(lambda: self.now_s)
        self.view = WebView(self.shoes, self.control, self.cues, pair, self.feet)

    def feet(self):
        """Compare both feet as `Shoes.feet` does."""
        if len(self.shoes) == 1 or self.control.away or not all(shoe.stats.current for shoe in self.shoes):
            return None
        return next(iter(compare_feet(*(list(foot) for foot in self.timed.values()))), None)

    def show(self, item=None, shoe=None) -> None:
        """Take an item as `live` does."""
        shoe = shoe or self.shoes[0]
        stride = shoe.stats.take(item) if item is not None else None
        if stride:
            later_s = 0.35 if shoe.title == "right" else 0.0
            self.timed[shoe.title].append(TimedStride(stride, stride.uptime_s + later_s, 0.004))
        self._give(item, stride, shoe)
        for cue in self.cues.take(shoe.stats, item, stride, [one.stats for one in self.shoes]):
            self._give(cue)

    def _give(self, item, stride=None, shoe=None) -> None:
        self.view.show(shoe or self.shoes[0], self.now_s - 1000.0, item, stride)

    def stride(self, direction: str = "forward", metres: float = 2.1, contact_s: float = 0.22) -> None:
        """Send the next stride."""
        self.now_s += PERIOD_S
        self.number += 1
        whole, part = divmod(self.now_s, 1.0)
        length = -metres if direction == "backward" else metres if direction == "forward" else 0.1
        for shoe in self.shoes if not self.control.away else self.shoes[:1]:
            longer_s = 0.02 if shoe.title == "right" else 0.0
            self.show(StrideMessage(
                number=self.number, direction=direction, length=length, lateral=0.6 if "lateral" in direction else 0.0,
                uptime_s=int(whole), uptime_ms=part, period=PERIOD_S, toe_off=0.1 + longer_s, contact=0.58,
                contact_time=contact_s + longer_s, confidence=0.97,
            ), shoe)  # fmt: skip

    def walk(self, direction: str, number: int = 12) -> None:
        """Send strides of varying speed."""
        for at in range(number):
            self.stride(direction, 1.6 + 0.08 * (at % 7))

    def status(self, **values) -> None:
        """Set the state of the pod."""
        self.control.status = StatusMessage(**{"battery_percent": 84, "mount": "verified", **values})
        self.show()

    def stand(self, seconds: float) -> None:
        """Let time pass without a stride."""
        self.now_s += seconds
        self.show()

    def session(self) -> None:
        """Send a session in all directions, with a loss."""
        self.status(run=7)
        for way, number in (("forward", 24), ("backward", 18), ("lateral_left", 6), ("unknown", 2), ("backward", 14)):
            self.walk(way, number)
        self.show(Gap(3))
        self.show(EventMessage(kind="samples_lost", a=12))

    def work(self, number: str) -> None:
        """Send strides as fast as a page can show them: up to 150 updates per second, four of each stride."""
        for at in range(int(number)):
            self.stride("backward" if at // 40 % 2 else "forward", 1.6 + 0.08 * (at % 7))
            for _ in range(4):
                time.sleep(0.006)
                self.show()

    def plan(self) -> None:
        """Let 11 s of the plan pass."""
        self.cues.timer.start()
        self.stand(11.0)

    def raw(self) -> None:
        """Send 3 s of raw samples."""
        counts = [(round(2000 * math.sin(at / 9)), round(900 * math.cos(at / 5)), 4096) for at in range(1248)]
        for sample in range(0, len(counts), 8):
            data = b"".join(struct.pack("<3h", *row) for row in counts[sample : sample + 8])
            for shoe in self.shoes:
                self.show(RawMessage(sample=sample, count=8, axes=3, encoding="counts", data=data), shoe)
        self.show()

    def sound(self) -> None:
        """Play a sound without a state."""
        self.view.board.sound(SOUNDS["target"])

    def lose(self) -> None:
        """Take the port away."""
        self.control.away = True
        self.show(Disconnected(), self.shoes[-1])

    def strides(self, number: str, rate: str) -> None:
        """Send strides at a rate per second. Print the time of each, in ms since 1970."""
        sent, due_s = {}, time.monotonic()
        for at in range(int(number)):
            due_s += 1 / float(rate)
            time.sleep(max(due_s - time.monotonic(), 0.0))
            sent[self.number + 1] = time.time() * 1000
            self.stride("backward" if at // 40 % 2 else "forward", 1.6 + 0.08 * (at % 7))
        say({"sent": sent})


_COMMANDS = ("session", "work", "walk", "stand", "status", "plan", "raw", "sound", "lose", "strides", "stride", "show")


def main(port: int, token: str, *modes: str) -> None:
    """Serve until the end of stdin."""
    script = Script("guided" in modes, "pair" in modes)
    with serving(script.view.board, listening(LOOPBACK, port), token, UNIT):
        say({"ready": True})
        for line in sys.stdin:
            name, *words = line.split()
            assert name in _COMMANDS
            values = [float(word) if name == "stand" else int(word) if word.isdigit() and name == "walk" else word
                      for word in words]  # fmt: skip
            getattr(script, name)(*values)
            say({"done": name})


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
