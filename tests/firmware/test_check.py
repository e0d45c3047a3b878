"""Every verdict of the pod's test of itself, from the numbers that lead to it."""

import math
import random
import struct
from types import SimpleNamespace
from typing import Any

import pytest

from pod.link import check, check_rest, check_state
from pod.sensors import SensorError
from pod.storage import bootguard
from retrowire import codec, schema

SENSOR = SimpleNamespace(
    axes=6, acc_lsb_ug=976, gyr_lsb_udps=70_000, full_scale=32767, doubt="", note="", rate_hz=416, rate_mhz=416_687
)
SECOND = 416


def reason(row: tuple[Any, ...]) -> str:
    return codec.name("check_reason", row[3] if row[3:] else 0)


def named(row: tuple[Any, ...]) -> tuple[str, int, str]:
    verdict, value, text = row[:3]
    assert len(text.encode()) <= 150
    return codec.name("verdict", verdict), value, text


def samples(**values: Any) -> SimpleNamespace:
    usual = {"overruns": 0, "lost": 0, "taken": 1000, "errors": 0, "chip": "lsm6dso32"}
    held = SimpleNamespace(**{"sensor": SENSOR, **usual, **values})
    held.all_errors = lambda: held.errors
    return held


def fault(name: str) -> int:
    return codec.value("fault", name)


def test_sensor() -> None:
    assert named(check._sensor(samples(), [])) == ("pass", 6, "sensor lsm6dso32")
    doubtful = SimpleNamespace(**{**vars(SENSOR), "doubt": "1 g reads as 700 counts", "reason": "odd_gravity"})
    assert named(check._sensor(samples(sensor=doubtful), [])) == (
        "warn",
        6,
        "sensor lsm6dso32, 1 g reads as 700 counts",
    )
    assert reason(check._sensor(samples(sensor=doubtful), [])) == "odd_gravity"
    moved = SimpleNamespace(**{**vars(SENSOR), "note": "the pod was moving: range guessed", "reason": "was_moving"})
    assert named(check._sensor(samples(sensor=moved), [])) == (
        "warn",
        6,
        "sensor lsm6dso32, the pod was moving: range guessed",
    )
    assert named(check._sensor(samples(sensor=None), [])) == ("fail", 0, "sensor none answers")
    rows = [(1, 0, fault("sensor_missing"), "no answer at 0x6A"), (1, 9, fault("storage"), "full")]
    assert named(check._sensor(samples(sensor=None), rows)) == ("fail", 0, "sensor no answer at 0x6A")
    assert reason(check._sensor(samples(sensor=None), rows)) == "none"


@pytest.mark.parametrize(
    ("code", "cause"),
    [("sensor_ambiguous", "several_sensors"), ("sensor_other", "other_chip"), ("sensor_fifo", "rate_too_high")],
)
def test_the_last_fault_of_the_sensor_is_the_reason(code: str, cause: str) -> None:
    row = check._sensor(
        samples(sensor=None, chip="none"), [(1, 0, fault("sensor_missing"), ""), (2, 0, fault(code), "text")]
    )
    assert (named(row), reason(row)) == (("fail", 0, "sensor text"), cause)


def test_range() -> None:
    assert [named(row) for row in check._ranges(SENSOR)] == [
        ("pass", 976, "range 32 g"),
        ("pass", 70_000, "range 2293 dps"),
    ]
    assert [row[0] for row in map(named, check._ranges(None))] == ["skipped"]


def test_it_reads_the_status_message_where_the_schema_has_its_fields() -> None:
    names = [row[0] for row in codec.fields(schema.STATUS)]
    places = (check._STATE, check._MV, check._PERCENT, check._FREE_KB, check._TOTAL_KB, check._MINUTES)
    assert [names[place] for place in places] == [
        "state", "battery_mv", "battery_percent", "storage_free_kb", "storage_total_kb", "minutes_left",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("errors", "uptime_s", "verdict"), [(0, 9, "pass"), (1, 0, "warn"), (9, 60, "warn"), (60, 60, "fail")]
)
def test_bus(errors: int, uptime_s: int, verdict: str) -> None:
    assert named(check._bus(samples(errors=errors), uptime_s))[:2] == (verdict, errors)
    assert named(check._bus(samples(errors=errors, sensor=None), uptime_s))[0] == "skipped"


def test_overruns() -> None:
    assert named(check._overruns(samples())) == ("pass", 0, "overruns 0 of 1000 samples lost")
    assert named(check._overruns(samples(overruns=2, lost=60))) == ("warn", 2, "overruns 60 of 1060 samples lost")


@pytest.mark.parametrize(
    ("minutes", "state", "verdict"),
    [(482, "idle", "pass"), (59, "idle", "warn"), (0, "idle", "fail"), (482, "full", "fail")],
)
def test_flash(minutes: int, state: str, verdict: str) -> None:
    told = [0] * 13
    told[check._STATE], told[check._MINUTES] = codec.value("state", state), minutes
    told[check._FREE_KB], told[check._TOTAL_KB] = 812, 2048
    assert named(check._flash(told)) == (verdict, minutes, "flash 812 of 2048 kB free")


@pytest.mark.parametrize(
    ("free", "largest", "verdict"),
    [(40_000, 20_000, "pass"), (9_000, 8_000, "warn"), (40_000, 2_000, "warn"), (3_000, 2_900, "fail"),
     (40_000, 1_000, "fail")],
)  # fmt: skip
def test_heap(free: int, largest: int, verdict: str) -> None:
    assert named(check._heap(free, largest)) == (verdict, free, f"heap largest block {largest}")


def test_largest_block_is_found_by_trying() -> None:
    def heap_of(limit: int) -> Any:
        def take(size: int) -> None:
            if size > limit:
                raise MemoryError

        return take

    for limit in (100_000, 20_000, 5000, 1500, 300):
        assert 0.7 * min(limit, 4096) <= check._largest(heap_of(limit)) <= limit
    assert check._largest(heap_of(10)) == 0


@pytest.mark.parametrize(
    ("mv", "percent", "verdict"),
    [(3950, 81, "pass"), (3600, 19, "warn"), (3300, 4, "fail"), (3900, 0xFF, "pass"), (0xFFFF, 0xFF, "skipped")],
)
def test_battery(mv: int, percent: int, verdict: str) -> None:
    assert named(check._battery(mv, percent))[0] == verdict


def test_faults() -> None:
    assert named(check_state._faults([], 4)) == ("pass", 0, "faults")
    old, new = (3, 70, fault("sensor_lost"), "no answer"), (39, 8, fault("storage"), "run 2: no space")
    assert named(check_state._faults([old], 40)) == (
        "pass",
        0,
        "faults 37 starts ago after 70 s: sensor_lost: no answer",
    )
    assert named(check_state._faults([old, new], 40)) == (
        "warn",
        1,
        "faults 1 starts ago after 8 s: storage: run 2: no space",
    )
    assert named(check_state._faults([new], 39))[2].startswith("faults this start")


class Settings:
    def __init__(self, fault: str = "", **changed: Any) -> None:
        from retrowire import settingrows

        self.fault, self._values = fault, {**settingrows.defaults(), **changed}
        self.undone: dict[str, Any] = {}

    def names(self) -> list[str]:
        return sorted(self._values)

    def stored(self, name: str) -> Any:
        return self._values[name]


def test_settings() -> None:
    assert named(check_state._settings(Settings())) == ("pass", 0, "settings")
    assert named(check_state._settings(Settings(name="left one", side="left"))) == ("pass", 2, "settings name side")
    assert named(check_state._settings(Settings(fault="damaged: defaults used"))) == (
        "warn", 0, "settings damaged: defaults used",
    )  # fmt: skip
    undone = Settings()
    undone.undone = {"i2c_hz": 20_000, "chip": "mpu6050"}
    assert named(check_state._settings(undone)) == ("warn", 0, "settings undone after a trial: chip i2c_hz")


def test_settings_that_a_boot_ignores_have_their_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason(check_state._settings(Settings(fault="damaged"))) == "none"
    monkeypatch.setattr(bootguard, "settings_ignored", True)
    assert reason(check_state._settings(Settings(fault="rate_hz"))) == "settings_ignored"


@pytest.mark.parametrize(
    ("state", "reason", "verdict", "text"),
    [("none", "none", "warn", "mount none"), ("given", "none", "pass", "mount given"),
     ("verified", "none", "pass", "mount verified"), ("suspect", "turned", "warn", "mount suspect, turned")],
)  # fmt: skip
def test_mount(state: str, reason: str, verdict: str, text: str) -> None:
    mount = SimpleNamespace(state=codec.value("mount", state), reason=codec.value("mount_reason", reason))
    assert named(check_state._mount(mount))[::2] == (verdict, text)


def test_slot(tmp_path: Any) -> None:
    path = tmp_path / "slot"
    trial = SimpleNamespace(path=str(path), on=False, failure="")
    assert named(check_state._slot(trial))[0] == "pass"
    path.write_text("app_b tried app_a 60000")
    trial.on = True
    assert named(check_state._slot(trial)) == ("warn", 1, "slot app_b")
    trial = SimpleNamespace(on=False, failure="app_b did not settle")
    assert named(check_state._slot(trial)) == ("warn", 0, "slot went back, app_b did not settle")


# -- at rest -------------------------------------------------------------------------------------------------------


def rest_of(sensor: Any = SENSOR, noise: float = 3.0, **axes: Any) -> Any:
    """Return its state after a second of lying still. `axes`: counts at rest by index, or a function of the sample."""
    draw = random.Random(5)
    rest = check_rest._Rest(sensor)
    means = {2: 1_000_000 / sensor.acc_lsb_ug} | {int(name[1:]): value for name, value in axes.items()}
    for at in range(0, 480, 32):
        values: list[int] = []
        for n in range(at, at + 32):
            for axis in range(sensor.axes):
                mean = means.get(axis, 0.0)
                told = mean(n) if callable(mean) else mean
                values.append(round(told if callable(mean) else draw.gauss(told, noise)))
        rest.take(struct.pack(f"<{len(values)}h", *values), 32)
    return rest


def at_rest(rest: Any, sensor: Any = SENSOR) -> dict[str, tuple[str, int, str]]:
    rows = [named(row) for row in check_rest._at_rest(rest, sensor)]
    return {row[2].split(" ")[0]: row for row in rows}


def test_all_is_well_at_rest() -> None:
    rest = rest_of()
    assert rest.still
    rows = at_rest(rest)
    assert [row[0] for row in rows.values()] == ["pass"] * 4
    assert abs(rows["gravity"][1] - 1000) < 3
    assert abs(rows["noise_acc"][1] - 3 * 976) < 600
    assert abs(rows["noise_gyr"][1] - 3 * 70_000) < 40_000


@pytest.mark.parametrize(
    ("mg", "verdict", "cause"),
    [(1000, "pass", "none"), (1079, "pass", "none"), (900, "warn", "none"), (1200, "warn", "none"),
     (700, "fail", "none"), (500, "fail", "gravity_half"), (2000, "fail", "gravity_double")],
)  # fmt: skip
def test_gravity(mg: int, verdict: str, cause: str) -> None:
    row = next(check_rest._at_rest(rest_of(a2=mg * 1000 / 976), SENSOR))
    assert (named(row)[0], reason(row)) == (verdict, cause)


def test_noise() -> None:
    def loud(lsb: float) -> Any:
        return lambda n: lsb * math.sin(n)

    rows = at_rest(rest_of(a1=loud(38)))
    assert rows["noise_acc"][0] == "warn"
    assert rows["noise_acc"][2] == "noise_acc ay"
    rows = at_rest(rest_of(a5=loud(60)))
    assert (rows["noise_gyr"][0], rows["noise_gyr"][2]) == ("warn", "noise_gyr gz")
    rows = at_rest(rest_of(a0=lambda n: 17))
    assert (rows["noise_acc"][0], rows["noise_acc"][2]) == ("warn", "noise_acc ax stands still")


def test_zero_rate() -> None:
    assert at_rest(rest_of(a3=-100))["zero_rate"][0] == "pass"
    row = at_rest(rest_of(a3=-200))["zero_rate"]
    assert row[0] == "warn" and abs(row[1] + 14_000) < 100 and row[2] == "zero_rate gx"


def test_without_a_gyroscope() -> None:
    sensor = SimpleNamespace(**{**vars(SENSOR), "axes": 3, "acc_lsb_ug": 3906, "gyr_lsb_udps": 0})
    rows = at_rest(rest_of(sensor, noise=1.2), sensor)
    assert {name: row[0] for name, row in rows.items()} == {
        "gravity": "pass", "noise_acc": "pass", "noise_gyr": "skipped", "zero_rate": "skipped",
    }  # fmt: skip


@pytest.mark.parametrize("axis", range(6))
def test_what_moves_is_never_still(axis: int) -> None:
    amplitude = 200 / 0.976 if axis < 3 else 20 / 0.07
    assert not rest_of(**{f"a{axis}": lambda n: amplitude * math.sin(n / 3)}).still


def test_stillness_after_a_movement_counts_from_there() -> None:
    assert rest_of(a0=lambda n: 3000 if n < 40 else n % 3).still
    assert not rest_of(a0=lambda n: 3000 if n < 100 else n % 3).still


@pytest.mark.parametrize(
    ("mhz", "calibrated", "verdict"),
    [(416_700, True, "pass"), (380_000, True, "pass"), (470_000, True, "warn"), (300_000, True, "fail"),
     (416_687, False, "skipped")],
)  # fmt: skip
def test_rate(mhz: int, calibrated: bool, verdict: str) -> None:
    held = samples(clock=SimpleNamespace(rate_mhz=mhz, calibrated=calibrated))
    assert named(check_rest._rate(held))[0] == verdict
    assert named(check_rest._rate(samples(sensor=None)))[0] == "skipped"


def self_test(results: Any, moves: str = "", present: bool = True) -> list[tuple[str, int, str]]:
    """Rows of the self-test. `moves`: "always", or "after" it."""
    held = samples(sensor=SENSOR if present else None)
    clock = SimpleNamespace(uptime_s=0)
    pipeline = SimpleNamespace(tap=None)
    connection = SimpleNamespace(tested=False)

    def test() -> Any:
        connection.tested = True
        if isinstance(results, Exception):
            raise results
        return results

    connection.self_test = test
    rows: list[tuple[str, int, str]] = []
    for row in check_rest._self_test(clock, held, pipeline, connection, True):
        if row is not None:
            rows.append(named(row))
            continue
        restless = moves == "always" or (moves == "after" and connection.tested)
        counts = [n % 32 * 300 if restless and axis == 0 else n % 3 for n in range(SECOND) for axis in range(6)]
        pipeline.tap(struct.pack(f"<{6 * SECOND}h", *counts), SECOND)
        clock.uptime_s += 1
    assert pipeline.tap is None
    return rows


def test_self_test() -> None:
    good, lame = ("ax", 400, 50, 1700), ("gz", 12, 150, 700)
    assert self_test([good, lame]) == [
        ("pass", 400, "self_test ax 50..1700 mg"),
        ("fail", 12, "self_test gz 150..700 dps"),
    ]
    assert self_test([good], moves="always") == [("skipped", 0, "self_test it moves")]
    assert self_test([lame], moves="after") == [("skipped", 0, "self_test it moves")]
    assert self_test([good], moves="after")[0][0] == "pass"
    assert self_test([good], present=False) == [("skipped", 0, "self_test no sensor")]
    assert self_test(OSError(19))[0][0] == "fail"
    assert self_test(SensorError("sensor_lost", "WHO_AM_I reads 0x13")) == [
        ("fail", 0, "self_test WHO_AM_I reads 0x13")
    ]
