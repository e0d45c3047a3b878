"""Output of `show` for run files made here: laps, unknown values, 80 columns, JSON."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from host.madeupruns import LAPS, SYNC, a_stride, contents
from host.schemas import checked
from host.strides import stride
from retropod.cli import preferences
from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.errors import UsageError
from retropod.insight.analysis import analyse
from retropod.insight.context import RunContext
from retropod.insight.units import UNITS
from retropod.live import tables
from retropod.report.page import ReportedRun, render
from retrowire import codec


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Store a run of these strides and events, and return the output of `show` for it."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.setenv("RETROPOD_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    def run(strides: list[bytes], events: list[dict[str, Any]], *options: str, cut: int = 0, **header: Any) -> str:
        reset()
        content = contents(strides, events, **header)
        path = tmp_path / "run.rpr"
        path.write_bytes(content[: len(content) - cut])
        ran = CliRunner().invoke(cli, ["show", str(path), *options])
        assert bool(ran.exception) == bool(cut), ran.exception
        return ran.stdout

    yield run
    monkeypatch.undo()
    time.tzset()


def test_laps_have_their_numbers_and_times(shown):
    out = shown([a_stride(n) for n in range(20)], [SYNC, *LAPS])
    lines = out.splitlines()
    at = lines.index("lap  into the run  time of day  strides  forward m  backward m")
    assert [line.split() for line in lines[at + 1 : at + 3]] == [
        ["1", "0:04.0", "08:00:03.0", "3", "-", "3"],
        ["2", "1:01:41", "09:01:40.0", "17", "-", "15"],
    ]


def test_a_lap_without_a_clock_has_a_dash(shown):
    out = shown([a_stride(n) for n in range(20)], [LAPS[0], {"kind": "lap", "a": 2, "uptime_s": None}])
    laps = [line.split() for line in out[out.index("lap  into") :].splitlines()[1:4]]
    assert laps == [["1", "0:04.0", "-", "3", "-", "3"], ["2", "end", "-", "17", "-", "15"], ["2", *["-"] * 5]]


def test_a_run_without_laps_has_no_table_of_them(shown):
    assert "lap" not in shown([a_stride(n) for n in range(3)], [SYNC])


@pytest.mark.parametrize(("chip", "text"), [(0, "unknown sensor at 416.0 Hz"), (4, "mpu6050 at 416.0 Hz")])
def test_the_sensor_is_named(chip, text, shown):
    assert text in shown([a_stride(1)], [SYNC], chip=chip, rate_mhz=416_000)


def test_laps_in_json(shown):
    lines = checked("show", shown([a_stride(n) for n in range(3)], [SYNC, *LAPS], "--json"))
    first, second = [line for line in lines if line["type"] == "lap"]
    assert 0.003 <= first.pop("wall_error_s") < second.pop("wall_error_s") < 1.0
    assert first == {
        "type": "lap", "number": 1, "into_run_s": 4.0, "uptime_s": 104.0, "wall_time": "2027-01-15T08:00:03.000Z"
    }  # fmt: skip
    assert (second["number"], second["into_run_s"], second["uptime_s"]) == (2, 3701.0, 3801.0)


def test_every_line_matches_the_schema(shown):
    strides = [*(a_stride(n) for n in range(12)), a_stride(12, direction=77, confidence=1.1, length=32.7, strike=9)]
    kinds = [kind for kind, _ in codec.enum("event") if kind not in ("clock_sync", "clock_carried")]
    events = [SYNC, *LAPS, *({"kind": kind, "uptime_s": 105, "a": 1, "b": 2} for kind in [*kinds, 99])]
    lines = checked("show", shown(strides, events, "--json"))
    assert [line["type"] for line in lines if line["type"] not in ("stride", "event")] == [
        "run", "lap", "lap", "lap", "part", "part", "part", "bout", "direction", "direction", "intervals",
        "comparison", "comparison", *["best"] * 5, *["quality"] * 8, "summary",
    ]  # fmt: skip
    (run,) = [line for line in lines if line["type"] == "run"]
    assert (run["rate_hz"], run["uptime_s"], run["length_factor"], run["mount"]) == (416.667, 100.0, 1.0, "given")


def test_a_damaged_run_matches_the_schema(shown):
    lines = checked("show", shown([a_stride(n) for n in range(12)], [SYNC, *LAPS], "--json", cut=20))
    assert lines[-1]["type"] == "missing" and lines[0]["damaged"]


def test_the_scales_of_the_header_are_exact(shown):
    lines = checked("show", shown([], [SYNC], "--json", acc_lsb_ug=61, gyr_lsb_udps=4375))
    assert (lines[0]["acc_lsb_g"], lines[0]["gyr_lsb_dps"]) == (0.000061, 0.004375)
    (summary,) = [line for line in lines if line["type"] == "summary"]
    assert summary["strides"] == 0 and not [line for line in lines if line["type"] == "direction"]


def test_an_unknown_header_is_dashes_and_null(shown):
    unknown = {"rate_mhz": codec.none("I"), "length_factor": codec.none("H"), "uptime_s": codec.none("I"),
               "acc_lsb_ug": codec.none("I")}  # fmt: skip
    assert "at -, firmware" in shown([a_stride(0)], [], **unknown)
    run = checked("show", shown([a_stride(0)], [], "--json", **unknown))[0]
    assert [run[name] for name in ("rate_hz", "length_factor", "uptime_s", "acc_lsb_g", "pod_epoch_s")] == [None] * 5


def test_without_a_gyroscope_no_distance_is_shown_as_a_number(shown):
    bare = {"gyr_lsb_udps": 0}
    out = shown([a_stride(n, length=None, lateral=None) for n in range(12)], [], "--strides", **bare)
    assert "- backward (distance, speed): the pod has no gyroscope" in out
    (bout,) = [line.split() for line in out.splitlines() if line.startswith("0:00.0") and "backward" in line]
    assert bout[2:6] == ["backward", "12", "-", "-"]
    options = ("--json",)
    lines = checked("show", shown([a_stride(n, length=None, lateral=None) for n in range(12)], [], *options, **bare))
    assert lines[-1]["distance_m"]["backward"] is None
    (group,) = [line["group"] for line in lines if line["type"] == "direction"]
    assert group["speed_mps"] == {"value": None, "n": 0, "spread": None, "reason": "the pod has no gyroscope"}


def test_standing_is_shown_nowhere(shown):
    strides = [a_stride(0, contact_time=6.547), a_stride(1, contact_time=6.5), a_stride(2)]
    out = shown(strides, [SYNC], "--strides")
    assert "6547" not in out and "6500" not in out
    assert "walking" not in out and "   660 " in out
    assert "6.5" not in shown(strides, [SYNC], "--json")


@pytest.mark.parametrize("events", [[], [SYNC, *LAPS]], ids=["no clock", "clock"])
def test_everything_fits_80_columns(shown, events):
    flags = sum(value for _, value in codec.flags("stride"))
    odd = [a_stride(20, flags=flags, direction="lateral_right"), a_stride(21, confidence=1.1, length=31.0)]
    out = shown([*(a_stride(n) for n in range(12)), *odd], events, "--strides")
    assert max(map(len, out.splitlines())) <= 80
    assert "bias unknown" in out and "tilt open" in out


def test_strides_have_the_time_of_day_and_its_bound(shown):
    out = shown([a_stride(n) for n in range(3)], [SYNC], "--strides")
    assert "times of day: ±" in out
    assert "08:00:01.0  ▼ backward" in out  # uptime 102, a second after the sync


def test_the_heading_is_repeated_on_a_terminal_only(shown, monkeypatch):
    strides = [a_stride(n) for n in range(45)]
    assert shown(strides, [SYNC], "--strides").count("of day  ") == 1
    monkeypatch.setattr("retropod.cli.show.sys", type("Terminal", (), {"stdout": Screen(sys.stdout)}))
    assert shown(strides, [SYNC], "--strides").count("of day  ") == 3


def test_units_of_the_option_and_of_the_settings_file(shown, monkeypatch, tmp_path):
    strides = [a_stride(n) for n in range(20)]
    assert " m/s " in shown(strides, [SYNC]) and " km/h " not in shown(strides, [SYNC])
    metric = shown(strides, [SYNC], "--units", "metric")
    assert " km/h  min/km " in metric
    (bout,) = [line.split() for line in metric.splitlines() if line.startswith("0:00.0") and "backward" in line]
    assert bout[3:7] == ["20", "0.018", "3.1", "19:38"]  # 20 x 0.9 m, one stride in 0.66 + 0.4 s
    (tmp_path / "settings.toml").write_text('units = "imperial"', "utf-8")
    monkeypatch.setenv("RETROPOD_SETTINGS", str(tmp_path / "settings.toml"))
    assert " mph  min/mi " in shown(strides, [SYNC])
    assert " km/h " in CliRunner().invoke(cli, ["show", str(tmp_path / "run.rpr"), "--units", "metric"]).stdout


@pytest.mark.parametrize("text", ['units = "furlongs"', "units = 3", "units = [", "\udcff"])
def test_invalid_settings_are_named(monkeypatch, tmp_path, text):
    file = tmp_path / "settings.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.setenv("RETROPOD_SETTINGS", str(file))
    with pytest.raises(UsageError, match=r"settings\.toml"):
        preferences.units(None)
    assert preferences.units("metric") is UNITS["metric"]


def test_a_timeline_shows_each_direction_and_the_pauses():
    strides = [*(stride(n) for n in range(20)), *(stride(n, "backward") for n in range(40, 60))]
    signs, times = tables.timeline(strides, 0.0, 60)
    assert signs.plain == "▲" * 20 + " " * 20 + "▼" * 20
    assert times.plain.split() == ["0:00.0", "0:21.0", "0:42.0"] and len(times.plain) == 60
    assert tables.timeline([], 0.0) == []


class Screen:
    """A standard output that is a terminal."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def isatty(self) -> bool:
        return True


def test_reasons_name_the_gait_and_strides_without_one_are_counted():
    walk = [stride(n, contact_time_s=None if n in {3, 4} else 0.6) for n in range(14)]
    found = analyse([*walk, *(stride(n) for n in range(14, 26))], [], RunContext(gyroscope=True))
    shown = [str(one) for one in tables.remarks(found.directions, found.gaits)]
    assert shown == ["- forward, walking (in air): most strides have no flight", "2 strides without a known gait"]
    page = render("run", [ReportedRun("run", "today", [], found)], [], UNITS["metric"])
    assert "A dash has its reason. 2 strides without a known gait." in page
    one_gait = analyse(walk, [], RunContext(gyroscope=True))
    assert not any("gait" in str(one) for one in tables.remarks(one_gait.directions, one_gait.gaits))
