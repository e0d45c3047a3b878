"""Left against right: made-up runs of two pods with a known asymmetry and known times between the feet."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import season
from host.schemas import checked
from host.strides import stride
from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.insight.feet import STEPS, FeetComparison, compare_feet, rows
from retropod.insight.steps import TimedStride, step_of
from retropod.insight.units import SI
from retropod.insight.value import Reason
from retropod.runs.feet import Feet, feet_of
from retropod.runs.loaded import load
from retropod.runs.store import Store
from retrowire import codec
from season import NOON, Bout

PODS = {"left": "240ac40000010000", "right": "240ac40000020000"}
CONTACT_S = {"left": 0.20, "right": 0.24}
LENGTH_M = {"left": 1.85, "right": 1.75}
CYCLE_S = 120 / 170
LATER_S = CYCLE_S / 2 + 0.03  # the right foot lands later than halfway between two left contacts


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return Store()


def add(store: Store, side: str, wearer: bytes = b"Ada", start_s: int | None = NOON, walk: bool = False) -> Path:
    """Store a run of one foot: 80 strides backward, running with a known asymmetry, or walking alike on both feet."""
    ran = Bout("backward", 80, 170.0, CONTACT_S[side], LENGTH_M[side], pause_s=LATER_S if side == "right" else 0.0)
    walked = Bout("backward", 80, 100.0, 0.75, 0.9, pause_s=0.6 if side == "right" else 0.0)
    content = season.run_file(
        [walked if walk else ran], start_s=start_s, side=codec.value("side", side), wearer=wearer,
        device_id=bytes.fromhex(PODS[side]),
    )  # fmt: skip
    return season.stored(store, content, PODS[side])


def found(store: Store, path: Path) -> Feet | None:
    return feet_of(store, path, load(store, path))


def compared(store: Store, side: str = "left") -> FeetComparison:
    paths = {one: store.path(PODS[one], 1) for one in PODS}
    feet = found(store, paths[side])
    assert feet
    assert store.find(feet.other) == paths["left" if side == "right" else "right"]
    (comparison,) = feet.comparisons
    return comparison


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_known_asymmetry_comes_out_from_either_run(side: str, store: Store) -> None:
    for foot in PODS:
        add(store, foot)
    values = compared(store, side).values
    assert values["contact_symmetry"].value == pytest.approx(-0.04 / 0.22, abs=0.002)
    assert values["cycle_symmetry"].value == pytest.approx(0.0, abs=0.002)
    assert values["length_symmetry"].value == pytest.approx(0.10 / 1.80, abs=0.002)


def test_the_aerial_times_after_each_foot_are_the_true_ones(store: Store) -> None:
    for foot in PODS:
        add(store, foot)
    values = compared(store).values
    mean_s = CYCLE_S / 2 - 0.22
    for name, true_s in (("aerial_after_left_s", mean_s + 0.03), ("aerial_after_right_s", mean_s - 0.03)):
        assert values[name].value == pytest.approx(true_s, abs=0.002)
        assert 0.006 < (values[name].spread or 0.0) < 0.03  # two syncs of 3 ms each, a sample, and the first 15 s
    assert values["support_before_left_s"].reason is Reason.FLIGHT


def test_walking_has_double_support_and_no_aerial_time(store: Store) -> None:
    for foot in PODS:
        add(store, foot, walk=True)
    values = compared(store).values
    for side in PODS:
        assert values[f"support_before_{side}_s"].value == pytest.approx(0.15, abs=0.002)
        assert values[f"aerial_after_{side}_s"].reason is Reason.NO_FLIGHT


@pytest.mark.parametrize(
    "other",
    [{"wearer": b"Bo"}, {"start_s": NOON + 3600}, {"start_s": None}],
    ids=["another wearer", "another time", "no clock"],
)
def test_another_run_is_not_the_other_foot(other: dict[str, bytes | int | None], store: Store) -> None:
    path = add(store, "left")
    add(store, "right", **other)
    assert found(store, path) is None


def test_runs_without_a_wearer_are_not_compared(store: Store) -> None:
    path = add(store, "left", wearer=b"")
    add(store, "right", wearer=b"")
    assert found(store, path) is None


def test_a_damaged_run_of_the_other_foot_is_left_out(store: Store) -> None:
    path, other = add(store, "left"), add(store, "right")
    assert store.index.runs()
    other.write_bytes(b"")
    assert found(store, path) is None


def timed(error_s: float, shift_s: float = 0.0, strides: int = 30, **changes: float) -> list[TimedStride]:
    return [TimedStride(stride(at, **changes), NOON + 0.7 * at + shift_s, error_s) for at in range(strides)]


def test_a_time_within_the_error_of_the_clocks_is_absent() -> None:
    (known,) = compare_feet(timed(0.05), timed(0.05, 0.35))
    (unknown,) = compare_feet(timed(0.08), timed(0.08, 0.35))
    assert known.values["aerial_after_left_s"].value == pytest.approx(0.13)
    assert known.values["aerial_after_left_s"].spread == pytest.approx(0.1)
    assert unknown.values["aerial_after_left_s"][:2] == (None, Reason.CLOCKS)
    assert unknown.values["cycle_symmetry"].value == 0.0  # needs no clock


def test_strides_of_badly_known_time_do_not_widen_the_bound() -> None:
    left, right = timed(0.01), timed(0.01, 0.35)
    left[:10] = [one._replace(error_s=0.3) for one in left[:10]]
    (one,) = compare_feet(left, right)
    assert one.values["aerial_after_left_s"].spread == pytest.approx(0.02)


def test_the_error_of_clocks_that_differ_by_a_minute_is_readable() -> None:
    (one,) = compare_feet(timed(35.0), timed(35.0, 0.35))
    assert rows(one, SI)[-1][-1] == "clocks ±70.0 s"


def test_the_steps_of_both_feet_alternate() -> None:
    (one,) = compare_feet(timed(0.01), timed(0.01, 0.4))
    assert one.values["step_time_right_s"].value == pytest.approx(0.4, abs=0.001)
    assert one.values["step_time_left_s"][:2] == (pytest.approx(0.3, abs=0.001), None)
    assert one.values["step_time_left_s"].spread == pytest.approx(0.02), "the error of both clocks"
    assert one.values["step_symmetry"].value == pytest.approx(-0.1 / 0.35, abs=0.001)
    assert one.values["step_cadence_spm"].value == pytest.approx(120 / 0.7, abs=0.1)


def test_steps_whose_order_the_clocks_do_not_show_are_absent() -> None:
    (one,) = compare_feet(timed(0.09), timed(0.09, 0.35))
    for name in STEPS:
        assert one.values[name][:2] == (None, Reason.CLOCKS)


def test_the_contact_difference_is_that_of_neighbours() -> None:
    """The gait changes from stride to stride by more than the feet differ."""
    varied_s = [0.24 + 0.004 * (at * 7 % 11) for at in range(30)]
    left, right = timed(0.01), timed(0.01, 0.35)
    for at, contact_s in enumerate(varied_s):
        left[at] = left[at]._replace(stride=stride(at, contact_time_s=contact_s))
        right[at] = right[at]._replace(stride=stride(at, contact_time_s=contact_s + (0.02 if at % 7 else 0.08)))
    (one,) = compare_feet(left, right)
    assert one.values["contact_difference_s"].value == pytest.approx(-0.02, abs=0.0001)
    assert one.values["contact_symmetry"].value == pytest.approx(-0.02 / 0.27, abs=0.005)


def test_a_step_of_one_stride() -> None:
    left, right = timed(0.01), timed(0.01, 0.4)
    found = step_of(right[5], left[:7])
    assert found.time_s == pytest.approx(0.4, abs=0.001)
    assert found.error_s == pytest.approx(0.02)
    values = found.as_json()
    assert (values["aerial_after_s"] is None) == (values["support_before_s"] is not None)
    assert step_of(right[5], []) == (None, None, None)
    assert step_of(right[9], left[:7]).time_s is None, "the other foot was lost for more than a cycle"
    blurred = [one._replace(error_s=0.3) for one in left[:7]]
    assert step_of(right[5], blurred).as_json()["aerial_after_s"] is None


def test_few_strides_and_feet_apart_are_not_compared() -> None:
    (few,) = compare_feet(timed(0.01, strides=9), timed(0.01, 0.35, strides=9))
    assert {one.reason for one in few.values.values()} == {Reason.TOO_FEW}
    assert compare_feet(timed(0.01), timed(0.01, 500.0)) == ()
    assert compare_feet([], timed(0.01)) == ()


def test_gaits_of_unequal_number_are_compared_separately() -> None:
    """Both feet are equal in each gait, and one pod missed strides of the walk."""
    left = [*timed(0.01, strides=41, contact_time_s=0.6), *timed(0.01, 60.0, strides=40)]
    right = [*timed(0.01, 0.35, strides=41, contact_time_s=0.6)[:36], *timed(0.01, 60.35, strides=40)]
    walking, running = compare_feet(left, right)
    assert [one.title for one in (walking, running)] == ["forward, walking", "forward, running"]
    for one in (walking, running):
        assert one.values["contact_symmetry"].value == pytest.approx(0.0)
        assert one.as_json()["gait"] == one.gait
    assert walking.sides["contact_time_s"][0].value == pytest.approx(0.6)


def test_an_unknown_contact_time_is_absent() -> None:
    (one,) = compare_feet(timed(0.01, contact_time_s=None), timed(0.01, 0.35))
    assert one.values["contact_symmetry"].reason is Reason.NOT_MEASURED
    assert one.values["aerial_after_left_s"].reason is Reason.TOO_FEW


def test_show_and_report_have_both_feet(store: Store) -> None:
    for foot in PODS:
        add(store, foot)
    texts = []
    for command in (["show", "240ac40000010000/1"], ["show", "240ac40000010000/1", "--json"],
                    ["report", "240ac40000010000/1", "--output", "report.html"]):  # fmt: skip
        reset()
        done = CliRunner().invoke(cli, command)
        assert done.exception is None, done.stderr
        texts.append(done.stdout)
    lines = texts[0].splitlines()
    at = lines.index("left and right, backward, with run 240ac40000020000/1")
    assert [" ".join(line.split()) for line in lines[at + 1 : at + 6]] == [
        "left right neighbours differ by", "contact time 200 ms 240 ms -18.2 %", "stride time 706 ms 706 ms +0.0 %",
        "stride length 1.85 m 1.75 m +5.6 %", "step time 343 ms 363 ms -5.7 %, clocks ±26 ms",
    ]  # fmt: skip
    assert "aerial time after toe-off" in lines[at + 6] and "clocks ±" in lines[at + 6]
    assert "It can differ from the difference of the two medians." in " ".join(texts[0].split())
    assert max(map(len, lines)) <= 80
    (feet,) = [line for line in checked("show", texts[1]) if line["type"] == "feet"]
    assert feet["other"] == "240ac40000020000/1"
    page = Path("report.html").read_text("utf-8")
    assert "Left and right, backward" in page and ">neighbours differ by</th>" in page
