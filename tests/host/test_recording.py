"""Recordings of other sensors: unreadable files, claimed sizes, tables, units, axes and rates."""

import io
import os
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retropod.cli import readings
from retropod.errors import DamagedData, RetropodError, UsageError
from retropod.recording import ACC_UNITS, GYR_UNITS, Interpretation, Recording, load
from retropod.recording.plausible import doubts
from retropod.virtual.gaitmodel import names
from shared import scenario

G = 9.80665
RATE_HZ = 208.0


def walk(name: str = "walk", seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    made = scenario(name, RATE_HZ, seed)
    assert made.gyr is not None
    return made.acc, made.gyr


def saved(path: Path, acc: Any = None, gyr: Any = None, fs: Any = RATE_HZ, **others: Any) -> Path:
    own_acc, own_gyr = walk()
    np.savez(path, acc=own_acc if acc is None else acc, gyr=own_gyr if gyr is None else gyr, fs=fs, **others)
    return path


def refusal(path: Path, how: Interpretation | None = None) -> RetropodError:
    """Return the error of a file. It is one line, names the file and has a hint. Nothing big is allocated."""
    tracemalloc.start()
    with pytest.raises(RetropodError) as caught:
        load(path, how=how or Interpretation())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert str(path) in caught.value.message and "\n" not in caught.value.message and caught.value.hint
    return caught.value


# -- files that cannot be read -------------------------------------------------------------------------------------


def test_places_without_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    places = {"none.npz": "does not exist", ".": "is a folder", "pipe.npz": "is a pipe", "/dev/zero": "is a pipe"}
    for path, words in ((tmp_path / name, words) for name, words in places.items()):
        error = refusal(path)
        assert words in error.message and error.exit_code == 2


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "walk.npz")

    def denied(self: Path, *_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "permission denied" in refusal(path).message


@pytest.mark.parametrize("suffix", ["npz", "csv"])
def test_contents_that_are_not_a_recording(tmp_path: Path, suffix: str) -> None:
    whole = saved(tmp_path / "whole.npz").read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 0xFF
    for at, content in enumerate((b"", b"nothing of that kind", b"PK\3\4", whole[: len(whole) // 2], whole[:-4],
                                  bytes(flipped), b"\x93NUMPY", b"\xff\xfe\0\0", b"a,b,c,d\n")):  # fmt: skip
        path = tmp_path / f"{at}.{suffix}"
        path.write_bytes(content)
        assert refusal(path).exit_code == 5


def test_an_encrypted_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "walk.npz")
    content = path.read_bytes().replace(b"PK\1\2\x2d\3\x2d\0\0\0", b"PK\1\2\x2d\3\x2d\0\1\0")
    assert content != path.read_bytes()
    path.write_bytes(content)
    assert "password" in refusal(path).message or "encrypted" in refusal(path).message


@pytest.mark.parametrize(
    ("arrays", "words"),
    [({"acc": np.array([[None, 1, 2]], object)}, "objects"), ({"acc": np.array([["a", "b", "c"]])}, "not numbers"),
     ({"acc": np.float64(9.81)}, "shape ()"), ({"acc": np.ones((3, 500))}, "transpose"),
     ({"acc": np.ones((5, 2))}, "shape"), ({"acc": np.ones((0, 3))}, "shape"),
     ({"acc": np.ones((5, 3), complex)}, "numbers"), ({"acc": np.ones((5, 3), bool)}, "bool"),
     ({"acc_lsb": 1e300}, "values beyond"),
     ({"acc": np.full((5, 3), np.nan)}, "sample 0"), ({"acc": np.full((5, 3), np.inf)}, "finite"),
     ({"gyr": np.ones((5, 3))}, "samples of acc"), ({"fs": np.array([1.0, 2.0])}, "fs"), ({"fs": -1}, "fs"),
     ({"fs": np.nan}, "fs"), ({"fs": 5}, "5 Hz"), ({"fs": 1e12}, "1e+12 Hz"), ({"fs": "often"}, "fs"),
     ({"acc_lsb": 0.0}, "acc_lsb"), ({"gyr_lsb": np.ones(3)}, "gyr_lsb"), ({"gaps": np.array([[5, 3]])}, "gaps"),
     ({"events": np.array([1.0, 2.0, 3.0])}, "events"), ({"events": np.array([[9.0, 2.0]])}, "events")],
)  # fmt: skip
def test_arrays_that_are_not_a_recording(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    assert words in refusal(saved(tmp_path / "walk.npz", **arrays)).message


def test_names_that_are_found_and_missing(tmp_path: Path) -> None:
    acc, gyr = walk()
    np.savez(tmp_path / "a.npz", Acc=acc, gyr=gyr, fs=RATE_HZ)
    assert "acc is missing, it has Acc, gyr, fs" in refusal(tmp_path / "a.npz").message
    np.savez(tmp_path / "b.npz", acc=acc, gyro=gyr, fs=RATE_HZ)
    assert "rename gyro to gyr" in refusal(tmp_path / "b.npz").hint
    assert load(tmp_path / "b.npz", gyroscope=False).gyr is None
    np.savez(tmp_path / "c.npz", acc=acc, gyr=gyr)
    assert "--fs" in refusal(tmp_path / "c.npz").hint
    assert load(tmp_path / "c.npz", how=Interpretation(rate_hz=RATE_HZ)).rate_hz == RATE_HZ


def test_forms_of_one_recording(tmp_path: Path) -> None:
    acc, gyr = walk()
    plain = load(saved(tmp_path / "a.npz", acc, gyr))
    for at, form in enumerate((np.float32(acc), np.asfortranarray(acc), acc.astype(">f8"))):
        held = load(saved(tmp_path / f"{at}.npz", form, np.asfortranarray(gyr), fs=np.array([[RATE_HZ]])))
        np.testing.assert_allclose(held.acc_mps2, plain.acc_mps2, rtol=1e-6, atol=1e-6)
        assert held.rate_hz == RATE_HZ and held.doubts == ()
    counts = load(saved(tmp_path / "c.npz", np.int16(acc * 50), np.int16(gyr * 500), acc_lsb=0.02, gyr_lsb=0.002))
    np.testing.assert_allclose(counts.acc_mps2, acc, atol=0.021)


@pytest.mark.parametrize("kind", ["plain.npz", "packed.npz", "capture.zip", "table.csv"])
def test_changed_bytes_cause_no_other_error(tmp_path: Path, kind: str) -> None:
    acc = np.tile(np.float32([0.1, 0.2, G]), (300, 1))
    np.savez(tmp_path / "plain.npz", acc=acc, gyr=acc * 0, fs=100.0)
    np.savez_compressed(tmp_path / "packed.npz", acc=acc, fs=100.0, gaps=np.array([[3, 5]]))
    zipped(tmp_path / "capture.zip", samples_npz=(tmp_path / "packed.npz").read_bytes())
    table(tmp_path / "table.csv", "time,acc_x,acc_y,acc_z", acc)
    whole, chance = (tmp_path / kind).read_bytes(), random.Random(kind)
    read = 0
    for _ in range(150):
        changed = bytearray(whole)
        for _ in range(chance.choice((1, 2, 8))):
            at = chance.choice((0, len(whole) - 400)) + chance.randrange(400)
            changed[at : at + chance.choice((0, 1, 4))] = chance.randbytes(chance.choice((0, 1, 4)))
        (tmp_path / kind).write_bytes(changed)
        try:
            load(tmp_path / kind)
            read += 1
        except RetropodError as error:
            assert "\n" not in error.message and error.hint
    assert read < 150


# -- claimed sizes -------------------------------------------------------------------------------------------------


def npy(shape: tuple[int, ...], data: bytes = b"") -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return out.getvalue() + data


def zipped(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_", "."), content)
    return path


def test_claimed_rows_are_compared_with_the_data(tmp_path: Path) -> None:
    for shape in ((10**12, 3), (1, 3), (2**62, 8), (0,), (3, -1)):
        assert (
            "acc"
            in refusal(zipped(tmp_path / "a.npz", acc_npy=npy(shape, bytes(240)), fs_npy=npy((), bytes(8)))).message
        )


def test_bombs_are_refused_by_their_directory(tmp_path: Path) -> None:
    zeros = npy((1_000_000, 3), bytes(24_000_000))
    packed = zipped(tmp_path / "a.npz", acc_npy=zeros).read_bytes()
    assert "compressed" in refusal(tmp_path / "a.npz").message
    assert "compressed" in refusal(zipped(tmp_path / "b.zip", samples_npz=packed)).message
    assert "compressed" in refusal(zipped(tmp_path / "c.zip", samples_npz=bytes(24_000_000))).message
    claimed = bytearray(zipped(tmp_path / "d.npz", acc_npy=npy((10, 3), bytes(240))).read_bytes())
    struct.pack_into("<I", claimed, claimed.index(b"PK\1\2") + 24, 2**32 - 2)
    (tmp_path / "d.npz").write_bytes(claimed)
    assert "unpacked, the limit is" in refusal(tmp_path / "d.npz").message


def test_a_long_directory_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for number in range(2000):
            archive.writestr(f"{number}.npy", b"")
    assert "directory" in refusal(tmp_path / "a.npz").message


def test_a_recording_has_a_longest_time(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, acc=np.tile(np.float32([0, 0, G]), (300_000, 1)), fs=10.0)
    assert "8.3 h" in refusal(path).message
    lines = "time,acc_x,acc_y,acc_z\n0,0,0,9.8\n0.01,0,0,9.8\n0.02,0,0,9.8\n1e12,0,0,9.8\n"
    (tmp_path / "a.csv").write_text(lines)
    assert "the limit is 10,000,000" in refusal(tmp_path / "a.csv").message


# -- tables --------------------------------------------------------------------------------------------------------


def table(path: Path, heading: str, columns: np.ndarray, separator: str = ",", rate_hz: float | None = RATE_HZ) -> Path:
    if rate_hz is not None:
        columns = np.column_stack([np.arange(len(columns)) / rate_hz, columns])
    np.savetxt(path, columns, "%.6f", separator, header=heading, comments="")
    return path


def test_a_table_is_the_same_recording(tmp_path: Path) -> None:
    acc, gyr = walk()
    both = np.column_stack([acc, gyr])
    path = table(tmp_path / "a.csv", "time,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z", both)
    plain = load(path)
    np.testing.assert_allclose(plain.acc_mps2, acc, atol=1e-6)
    assert plain.rate_hz == pytest.approx(RATE_HZ, rel=1e-5) and plain.doubts == () and not len(plain.gaps)
    text = path.read_text().replace(",", ";").replace(".", ",").replace("\n", "\r\n")
    (tmp_path / "b.csv").write_text("\ufeff" + text, "utf-8", newline="")
    np.testing.assert_array_equal(load(tmp_path / "b.csv").acc_mps2, plain.acc_mps2)
    other = table(tmp_path / "c.csv", "Accel X (g)\tAccel Y (g)\tAccel Z (g)\tGyroX\tGyroY\tGyroZ",
                  np.column_stack([acc / G, np.degrees(gyr)]), "\t", None)  # fmt: skip
    held = load(other, how=Interpretation("g", "deg/s", None, RATE_HZ))
    np.testing.assert_allclose(held.acc_mps2, acc, atol=1e-4)
    assert held.gyr_rad_s is not None and held.doubts == ()
    np.testing.assert_allclose(held.gyr_rad_s, gyr, atol=1e-4)


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e6, 1e9])
def test_the_unit_of_the_time_follows_from_the_rate(tmp_path: Path, unit: float) -> None:
    times = np.round(np.arange(500) / RATE_HZ * unit, 3) + 7 * unit
    columns = np.column_stack([times, np.tile([0.0, 0.0, G], (500, 1))])
    path = table(tmp_path / "a.csv", "t,ax,ay,az", columns, rate_hz=None)
    assert load(path).rate_hz == pytest.approx(RATE_HZ, rel=1e-3) and not len(load(path).gaps)


def test_lost_lines_are_gaps(tmp_path: Path) -> None:
    acc, _ = walk()
    path = table(tmp_path / "a.csv", "time,acc_x,acc_y,acc_z", acc)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:101] + lines[131:]))
    held = load(path)
    ((begin, end),) = held.gaps.tolist()  # an index may be rounded up
    assert begin in (100, 101) and end in (130, 131) and abs(len(held.acc) - len(acc)) <= 1


def test_gaps_on_both_sides_of_one_sample_are_one_gap(tmp_path: Path) -> None:
    places = np.r_[np.arange(100.0), 110.5, np.arange(120.0, 300.0), 310.0, np.arange(320.0, 400.0)]
    columns = np.column_stack([places * 0.005, np.tile([0.0, 0.0, G], (len(places), 1))])
    held = load(table(tmp_path / "a.csv", "t,ax,ay,az", columns, rate_hz=None))
    assert held.gaps.tolist() == [[100, 120], [300, 310], [311, 320]]


@pytest.mark.parametrize(
    ("text", "words"),
    [("time,acc_x,acc_y\n0,1,2\n", "it has time, acc_x, acc_y"), ("time,a,b,c\n", "no columns acc_x, acc_y, acc_z"),
     ("acc_x,acc_y,acc_z,ax\n1,2,3,4\n", "acc"), ("acc_x,acc_y,acc_z\n0,0,9.8\n", "no column time"),
     ("t,ax,ay,az\n", "no samples"), ("t,ax,ay,az\n0,0,0,9\n0.01,0,zero,9\n", "zero"),
     ("t,ax,ay,az\n0,0,0,9\n0.01,0\n", "columns"), ("t,ax,ay,az\n0,0,0,9\n0,0,0,9\n", ":3: the time does not increase"),
     ("t,ax,ay,az\n0,0,0,9\n0.01,0,0,nan\n0.02,0,0,9\n", "finite"), ("t,ax,ay,az\n0,0,0,9\n0.15,0,0,9\n", "apart")],
)  # fmt: skip
def test_a_table_that_is_not_a_recording(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert words in refusal(tmp_path / "a.csv").message


# -- wrong recordings ----------------------------------------------------------------------------------------------

UNITS = {
    "acc in g": (lambda acc, gyr: (acc / G, gyr), "looks like g", "--acc-unit g"),
    "acc in mg": (lambda acc, gyr: (acc / G * 1000, gyr), "looks like mg", "--acc-unit mg"),
    "counts": (lambda acc, gyr: (np.int16(acc / G * 2048), np.int16(gyr * 900)), "looks like counts", "acc_lsb"),
    "no gravity": (lambda acc, gyr: (acc - [0, 0, G], gyr), "gravity was removed", "with gravity"),
    "gyr in deg/s": (lambda acc, gyr: (acc, np.degrees(gyr)), "looks like deg/s", "--gyr-unit deg/s"),
    "gyr in counts": (lambda acc, gyr: (acc, np.degrees(gyr) * 1000), "counts or mdeg/s", "--gyr-unit mdeg/s"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", UNITS)
def test_another_unit_is_refused_with_the_option_that_states_it(tmp_path: Path, wrong: str) -> None:
    change, cause, hint = UNITS[wrong]
    path = saved(tmp_path / "walk.npz", *change(*walk()))
    error = refusal(path)
    assert isinstance(error, UsageError) and cause in error.message and hint in error.hint


def test_a_stated_unit_is_believed_with_a_doubt(tmp_path: Path) -> None:
    acc, gyr = walk()
    path = saved(tmp_path / "walk.npz", acc / G, np.degrees(gyr))
    assert load(path, how=Interpretation("g", "deg/s")).doubts == ()
    assert [one.kind for one in load(path, how=Interpretation("m/s2", "deg/s")).doubts] == ["acc_unit"]


DOUBTS = {
    "half the gravity": (lambda acc, gyr, fs: (acc / 2, gyr, fs), "acc_unit"),
    "gyr converted twice": (lambda acc, gyr, fs: (acc, np.radians(gyr), fs), "gyr_unit"),
    "26 Hz": (lambda acc, gyr, fs: (acc[::8], gyr[::8], fs / 8), "rate"),
    "half the rate": (lambda acc, gyr, fs: (acc, gyr, fs / 2), "fit"),
    "twice the rate": (lambda acc, gyr, fs: (acc, gyr, fs * 2), "fit"),
    "y and z exchanged": (lambda acc, gyr, fs: (acc[:, [0, 2, 1]], gyr[:, [0, 2, 1]], fs), "axes"),
    "upside down": (lambda acc, gyr, fs: (acc * [1, -1, -1], gyr * [1, -1, -1], fs), "axes"),
    "x and y exchanged": (lambda acc, gyr, fs: (acc[:, [1, 0, 2]], gyr[:, [1, 0, 2]], fs), "axes"),
    "gyr negative": (lambda acc, gyr, fs: (acc, -gyr, fs), "axes"),
}


@pytest.mark.parametrize("wrong", DOUBTS)
def test_other_scales_axes_and_rates_are_doubted(wrong: str) -> None:
    change, kind = DOUBTS[wrong]
    found = doubts(*change(*walk("mixed"), RATE_HZ))
    assert kind in [one.kind for one in found] and not any(one.certain for one in found)
    assert all(one.cause and one.hint for one in found)


@pytest.mark.parametrize("name", names())
def test_no_scenario_of_the_gait_model_is_doubted(name: str) -> None:
    made = scenario(name, RATE_HZ, 3)
    assert doubts(made.acc, made.gyr, made.fs) == []
    assert doubts(made.acc, None, made.fs) == []


def test_no_recorded_foot_is_doubted(dev_recordings: Path) -> None:
    assert [path.name for path in sorted(dev_recordings.glob("*.npz")) if load(path).doubts] == []


def test_a_capture_of_a_faulty_sensor_can_be_read(tmp_path: Path) -> None:
    acc, gyr = walk()
    inner = saved(tmp_path / "samples.npz", acc / G, gyr).read_bytes()
    held = load(zipped(tmp_path / "report.zip", samples_npz=inner))
    assert [one.certain for one in held.doubts] == [True]


def test_axes_turn_both_sensors(tmp_path: Path) -> None:
    acc, gyr = walk()
    turned = saved(tmp_path / "a.npz", acc[:, [0, 2, 1]] * [1, 1, -1], gyr[:, [0, 2, 1]] * [1, 1, -1])
    assert [one.kind for one in load(turned).doubts] == ["axes"]
    held = load(turned, how=Interpretation(axes="x,-z,y"))
    assert held.doubts == () and held.gyr_rad_s is not None
    np.testing.assert_array_equal(held.acc_mps2, acc)
    np.testing.assert_array_equal(held.gyr_rad_s, gyr)
    lowest = Recording(np.full((9, 3), -32768, np.int16), None, 1.0, 1.0, 100.0)
    assert Interpretation(axes="-x,y,z").in_shoe(lowest.acc)[0].tolist() == [32768, -32768, -32768]


@pytest.mark.parametrize("axes", ["", "x", "x,y", "x,x,z", "x,y,w", "x,--y,z", "x,y,z,x", "xy,z,x"])
def test_axes_name_each_axis_once(tmp_path: Path, axes: str) -> None:
    with pytest.raises(UsageError, match="once"):
        load(saved(tmp_path / "a.npz"), how=Interpretation(axes=axes))


def test_the_options_offer_the_known_units() -> None:
    assert (tuple(ACC_UNITS), tuple(GYR_UNITS)) == (readings.ACC_UNITS, readings.GYR_UNITS)


def test_damage_is_not_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"x")
    with pytest.raises(DamagedData):
        load(tmp_path / "a.npz")


def test_a_command_without_options_for_a_recording_names_none(tmp_path: Path) -> None:
    """`sim --from` and `score` take no unit, axes or rate."""
    acc = np.tile([0.0, 0.0, 1.0], (2000, 1))
    files: dict[str, dict[str, Any]] = {
        "unit": {"acc": acc, "fs": 208.0}, "rate": {"acc": acc * G}, "slow": {"acc": acc * G, "fs": 1.0},
        "name": {"acc": acc * G, "gyro": acc, "fs": 208.0},
    }  # fmt: skip
    for name, arrays in files.items():
        np.savez(path := tmp_path / f"{name}.npz", **arrays)
        hints = [_hint(path, how) for how in (Interpretation(), None)]
        assert "--" in hints[0] and "--" not in hints[1].replace("--help", ""), hints
    (tmp_path / "t.csv").write_text("acc_x,acc_y,acc_z\n" + "0,0,9.8\n" * 100)
    assert "add --fs HZ, or give" in _hint(tmp_path / "t.csv", Interpretation())
    assert "--fs" not in _hint(tmp_path / "t.csv", None)


def _hint(path: Path, how: Interpretation | None) -> str:
    with pytest.raises(RetropodError) as caught:
        load(path, how=how)
    return caught.value.hint
