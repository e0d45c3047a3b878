"""Output of the command `live`, fed with items in place of a stream."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host.schemas import checked
from retropod.cli import live, output
from retropod.client import wire
from retropod.client.messages import EventMessage, HelloMessage, RawMessage, StrideMessage
from retropod.client.stream import Gap, Item, Restarted
from retropod.client.timesync import Sync
from retropod.errors import NoPod
from retropod.live import view
from retropod.live.interruptions import Disconnected, Reconnected
from retropod.runs.timing import LiveTime
from retrowire import codec


class Items:
    """A stream of these items, which ends with an error."""

    def __init__(self, *items: Item, error: BaseException | None = None) -> None:
        self._items, self._error = iter(items), error or KeyboardInterrupt()

    def next(self, timeout_s: float | None) -> Item | None:
        item = next(self._items, None)
        if item is None:
            raise self._error
        return item


def a_stride(number: int, **values: Any) -> StrideMessage:
    fields = {"number": number, "sample": 292 * number, "uptime_s": number, "uptime_ms": 0.0, "period": 0.7,
              "toe_off": 0.1, "contact": 0.58, "contact_time": 0.22, "direction": "forward", "confidence": 0.97,
              "length": 1.4, "lateral": 0.0, "strike": "heel", "flags": ("tilt_open",)}  # fmt: skip
    message = wire.decode("stride", wire.encode("stride", **{**fields, **values}))
    assert isinstance(message, StrideMessage)
    return message


def an_event(kind: Any, a: int = 0, b: int = 0) -> EventMessage:
    message = wire.decode("event", wire.encode("event", kind=kind, uptime_s=5, uptime_ms=0.5, a=a, b=b))
    assert isinstance(message, EventMessage)
    return message


ODD = (
    a_stride(20, confidence=1.1),
    a_stride(21, direction=200, strike=200, flags=0xFFFF, length=-32.0, peak=655.0),
    StrideMessage(number=23),
    an_event(200, -1, -1),
    EventMessage(kind="mount", a=-7, b=2**31 - 1),
    RawMessage(sample=5, count=3, axes=7, data=b"x"),
    RawMessage(sample=5, count=1, axes=6, encoding=9, data=bytes(12)),
    RawMessage(sample=5, count=0, axes=0),
    RawMessage(sample=9, count=1, axes=6, encoding="counts", data=bytes(12)),
    HelloMessage(),
)
ALL = (
    *(a_stride(number) for number in range(4)),
    Gap(3),
    Gap(1, here=True),
    Restarted(1.5),
    Disconnected(),
    Reconnected(3.25),
    *(an_event(kind, 2, 3) for kind, _ in codec.enum("event")),
    a_stride(5, direction="lateral_left"),
)
ENDS = [NoPod("the port is gone", "plug it in"), KeyboardInterrupt(), OSError(5, "Input/output error"), ValueError("x")]


@pytest.fixture
def end() -> Iterator[Any]:
    """Run a way of showing until its stream ends with the error, which must come through."""

    def run(show: Any, *items: Item, error: BaseException) -> None:
        with pytest.raises(type(error)) as caught:
            show(live.Feed(Items(*items, error=error)))
        assert caught.value is error

    yield run


@pytest.mark.parametrize("error", ENDS, ids=repr)
def test_json_ends_with_the_summary_whatever_ended_the_stream(end, error, capsys):
    end(live.show_json, *ALL, error=error)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["type"] == "end"
    assert last["summary"]["strides"] == 5
    assert last["link"]["lost_frames"] == 3 and last["link"]["restarts"] == 1


@pytest.mark.parametrize("fails", [False, True])
def test_the_last_line_names_the_stored_runs(fails, end, capsys):
    class Kept:
        def __init__(self):
            self.paths = []

        def finish(self):
            if fails:
                raise OSError(28, "No space left on device")
            self.paths.append(Path("runs/1.rpr"))

    end(lambda feed: live.show_json(feed, kept=Kept()), *ALL, error=KeyboardInterrupt())
    (last,) = checked("live", capsys.readouterr().out.splitlines()[-1])
    assert last["kept"] == ([] if fails else [str(Path("runs/1.rpr"))])


@pytest.mark.parametrize("error", ENDS, ids=repr)
def test_plain_lines_end_with_the_summary_whatever_ended_the_stream(end, error, capsys):
    end(live.show_lines, *ALL, error=error)
    shown = capsys.readouterr()
    assert re.search(r"▲ forward +4 +0:02\.8 +- +- ", shown.out)  # unreliable lengths do not count
    assert "- forward (distance, speed): no stride has a reliable length" in shown.out
    assert "5 strides of unreliable length left out" in shown.out
    assert "3 frames lost" in shown.out.splitlines()[-2]
    assert "3 frames lost" in shown.err and "the pod restarted" in shown.err


@pytest.mark.parametrize("error", ENDS, ids=repr)
def test_the_screen_ends_with_the_summary_whatever_ended_the_stream(end, error, capsys):
    end(lambda feed: live.show_screen(feed, raw=True), *ALL, error=error)
    last = capsys.readouterr().out[-900:]
    assert re.search(r"forward +4 +0:02", last)
    assert "now " not in last.rpartition("strides  ")[2]


@pytest.mark.parametrize("show", [live.show_json, live.show_lines, lambda feed: live.show_screen(feed, raw=True)],
                         ids=["json", "lines", "screen"])  # fmt: skip
def test_an_odd_value_ends_nothing(end, show, capsys):
    end(show, *ODD, a_stride(30), error=KeyboardInterrupt())
    out = capsys.readouterr().out
    assert "NaN" not in out and "nan" not in out and "Infinity" not in out
    assert '"number":30' in out or "1.40 m" in out


def test_each_interruption_is_a_line(end, capsys):
    lost, dropped = an_event("samples_lost", 40), an_event("frames_dropped", 2)
    items = (a_stride(1), a_stride(4), Gap(3), lost, dropped, Restarted(1.5), Disconnected(), Reconnected(3.25))
    texts = ("2 strides missing", "3 frames lost", "the pod lost 40 samples", "the pod dropped 2 frames",
             "the pod restarted; no data for 0.0 s", "the port went away", "the port is back after 3.2 s")  # fmt: skip
    end(live.show_lines, *items, error=KeyboardInterrupt())
    shown = capsys.readouterr()
    assert [text for text in texts if text not in shown.err] == []
    assert "1 disconnection of 0:03.2 in all" in " ".join(shown.out.split())
    end(lambda feed: live.show_screen(feed, raw=False), *items, error=KeyboardInterrupt())
    out = capsys.readouterr().out
    assert [text for text in texts if text not in out] == []
    end(lambda feed: live.show_json(feed, live_time()), *items, error=KeyboardInterrupt())
    lines = {one["type"]: one for one in checked("live", capsys.readouterr().out)}
    assert lines["missing"]["strides"] == 2 and lines["reconnected"]["away_s"] == 3.25
    assert lines["restarted"]["silent_s"] == pytest.approx(0.0, abs=0.5)
    assert (lines["end"]["link"]["disconnections"], lines["end"]["link"]["away_s"]) == (1, 3.25)


def live_time() -> LiveTime:
    times = LiveTime("lsm6dso32")
    sync = Sync(1, 0.0, 1_800_000_000.0, 1_800_000_000.004)
    times.learn(sync)
    return times


def test_every_line_matches_the_schema(end, capsys):
    raw = RawMessage(sample=9, count=2, axes=6, encoding="counts", data=bytes(range(24)))
    end(lambda feed: live.show_json(feed, live_time()), raw, *ODD, *ALL, error=KeyboardInterrupt())
    lines = checked("live", capsys.readouterr().out)
    kinds = {"stride", "event", "gap", "missing", "disconnected", "reconnected", "restarted", "raw", "cue", "end"}
    assert {line["type"] for line in lines} == kinds
    assert lines[0]["counts"] == [[256, 770, 1284, 1798, 2312, 2826], [3340, 3854, 4368, 4882, 5396, 5910]]
    strides = [line for line in lines if line["type"] == "stride"]
    assert strides[0]["wall_time"].startswith("2027-01-15T08:00:20") and 0 < strides[0]["wall_error_s"] < 0.1
    assert strides[-1]["wall_time"] is None  # the pod has restarted, and no sync of the new boot is known


def test_a_line_that_does_not_match_is_found():
    with pytest.raises(AssertionError, match="wall_error_ms"):
        checked("live", '{"type": "gap", "frames": 3, "where": "link", "host_monotonic_s": 1.0, "wall_error_ms": 2}')
    with pytest.raises(ValueError, match="not JSON"):
        checked("live", '{"type": "restarted", "uptime_s": NaN, "silent_s": 1.0, "host_monotonic_s": 1.0}')


def test_a_lap_is_a_line_with_its_time(end, capsys):
    end(live.show_lines, a_stride(1), an_event("lap", 3), error=KeyboardInterrupt())
    assert " 0:03.8  lap 3" in capsys.readouterr().out.splitlines()
    end(lambda feed: live.show_screen(feed, raw=False), an_event("lap", 3), error=KeyboardInterrupt())
    assert "      -  lap 3" in capsys.readouterr().out


def test_the_heading_is_repeated_on_a_terminal_but_not_in_a_pipe(end, capsys):
    strides = [a_stride(number, flags=()) for number in range(45)]
    end(lambda feed: live.show_screen(feed, raw=False), *strides, error=KeyboardInterrupt())
    rows = [row for row in capsys.readouterr().out.splitlines() if "steps/min" in row and "direction" in row]
    assert len(rows) == 3
    end(live.show_lines, *strides, error=KeyboardInterrupt())
    assert capsys.readouterr().out.count(view.HEADING) == 1


def test_plain_output_fits_80_columns(end, capsys):
    end(live.show_lines, *ALL, *ODD, error=KeyboardInterrupt())
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_a_pod_without_a_mount_is_explained_once(end, capsys):
    strides = [a_stride(number, direction="unknown", flags=("mount_unverified",)) for number in range(5)]
    end(live.show_lines, *strides, error=KeyboardInterrupt())
    shown = capsys.readouterr()
    assert shown.err.count("retropod mount") == 1
    assert "mount unverified" not in shown.out


def test_the_output_of_a_screen_has_no_bar_in_colour_alone(end, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    end(lambda feed: live.show_screen(feed, raw=False), *ALL, error=KeyboardInterrupt())
    assert "█" * 16 + "····" in capsys.readouterr().out
    assert output.console().no_color
