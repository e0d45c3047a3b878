"""Metrics of groups of strides, their evidence, and the reasons of absent ones."""

import random
from collections.abc import Iterable
from statistics import median

import pytest

from host.strides import stride
from retropod.insight.bests import bests
from retropod.insight.comparison import compare
from retropod.insight.context import RunContext
from retropod.insight.gait import gaits
from retropod.insight.groups import TOTALS, bouts, by_direction, by_gait, group
from retropod.insight.metrics import GROUP, METRICS, measure
from retropod.insight.quality import quality
from retropod.insight.stride import Stride
from retropod.insight.value import Reason, half_range

FULL = RunContext(gyroscope=True, mass_kg=70.0)


def values(strides, context=FULL):
    return measure(strides, context)


def test_every_metric_is_defined_completely():
    for name, metric in METRICS.items():
        assert metric.name == name and metric.title
        assert all(text.endswith(".") for text in (metric.definition, metric.source, metric.precondition, metric.error))
    assert set(values([stride()])) == set(GROUP)


def test_values_by_hand():
    found = values([stride(n, "backward", contact_time_s=0.2 + 0.01 * n) for n in range(5)])
    assert found["contact_time_s"] == (pytest.approx(0.22), None, 5, pytest.approx(0.01))
    assert found["duty_factor"].value == pytest.approx(0.22 / 0.70)
    assert found["speed_mps"].value == pytest.approx(-1.4 / 0.70)
    assert found["distance_m"] == (pytest.approx(7.0), None, 5, pytest.approx(0.21))
    assert found["heel_share"].value == 1.0


def test_a_median_never_mixes_directions():
    strides = [stride(n, way, contact_time_s=0.3 if way == "forward" else 0.2)
               for n, way in enumerate(["forward"] * 5 + ["backward"] * 4)]  # fmt: skip
    assert [(one.direction, one.values["contact_time_s"].value) for one in by_direction(strides, FULL)] == [
        ("forward", 0.3), ("backward", 0.2),
    ]  # fmt: skip


def test_walking_and_running_of_a_direction_are_separate():
    walk = [stride(n, contact_time_s=0.6) for n in range(12)]
    run = [stride(n, contact_time_s=0.2) for n in range(12, 30)]
    parts = by_gait(group([*walk, *run], FULL), FULL)
    assert [(one.gait, len(one.strides)) for one in parts] == [("walking", 12), ("running", 18)]
    assert by_gait(group(walk, FULL), FULL) == ()


def test_a_bout_of_both_gaits_has_totals_and_no_medians():
    walk = [stride(n, contact_time_s=0.6) for n in range(12)]
    run = [stride(n, contact_time_s=0.2) for n in range(12, 30)]
    (both,), (one,) = bouts([*walk, *run], FULL), bouts(run, FULL)
    assert {name for name, value in both.values.items() if value.reason is not Reason.TWO_GAITS} == set(TOTALS)
    assert (both.values["strides"].value, both.distance_m) == (30.0, pytest.approx(42.0))
    assert Reason.TWO_GAITS not in {value.reason for value in one.values.values()}


def test_a_stride_of_a_run_without_flight_is_still_a_stride_of_the_run():
    slow = {5, 6, 14, 21}
    run = [stride(n, contact_time_s=0.6 if n in slow else None if n == 9 else 0.2) for n in range(22)]
    assert gaits(run) == ["running"] * 9 + [None] + ["running"] * 12


def cycled(duties: Iterable[float], first: int = 0, cycle_s: float = 0.85, at_s: float = 0.0) -> list[Stride]:
    """Strides with these duty factors, in turn from `at_s`."""
    return [stride(first + n, uptime_s=at_s + cycle_s * n, period_s=cycle_s, contact_time_s=duty * cycle_s,
                   toe_off_s=0.1, contact_s=0.1 + cycle_s * (1 - duty)) for n, duty in enumerate(duties)]  # fmt: skip


def test_a_jog_at_the_limit_of_flight_has_one_gait():
    rng = random.Random(3)
    jog = cycled(rng.gauss(0.495, 0.02) for _ in range(200))
    assert {one.aerial_time_s is None for one in jog} == {False, True}
    assert set(gaits(jog)) == {"running"}
    walk = cycled((rng.gauss(0.62, 0.02) for _ in range(60)), 200, 1.05, jog[-1].end_s)
    found = gaits([*jog, *walk])
    assert found[:196] + found[204:] == ["running"] * 196 + ["walking"] * 56  # within the window of the change


def test_a_walk_before_a_pause_does_not_decide_the_gait_after_it():
    walk = cycled([0.62] * 9, 0, 1.05)
    jog = cycled([0.47, 0.49, 0.46, 0.51, 0.51, 0.47, 0.48, 0.49], 9, at_s=60.0)
    assert gaits([*walk, *jog]) == ["walking"] * 9 + ["running"] * 8


def test_a_gait_in_one_direction_is_not_matched_if_the_run_has_both_directions():
    walk = [stride(n, contact_time_s=0.6) for n in range(20)]
    run = [stride(20 + n, "backward") for n in range(20)]
    reasons = [[one.ratios["contact_ratio"].reason for one in compare(held)] for held in ([*walk, *run], walk, run)]
    assert reasons == [[Reason.NOT_MATCHED] * 2, [Reason.ONE_DIRECTION] * 2, [Reason.ONE_DIRECTION] * 2]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"direction": "lateral"}, Reason.NO_BACKWARD), ({}, Reason.TOO_SHORT), ({"along_m": None}, Reason.NO_LENGTH)],
)
def test_a_best_is_absent_with_its_reason(changes, reason):
    found = bests([stride(n, **{"direction": "backward", **changes}) for n in range(20)], FULL)
    assert {one.time_s.reason for one in found} == {reason}


@pytest.mark.parametrize(("flight_s", "reason"), [(0.01, Reason.SHORT_FLIGHT), (0.03, None)])
def test_a_ratio_to_a_flight_within_the_error_of_the_timing_is_absent(flight_s, reason):
    forward = [stride(n, contact_time_s=0.48 - 2 * flight_s, along_m=1.4) for n in range(40)]
    backward = [stride(40 + n, "backward", along_m=-1.02) for n in range(40)]
    running, _ = compare([*forward, *backward])
    assert running.ratios["aerial_ratio"].reason is reason and running.ratios["contact_ratio"].n == 40


ABSENT = [
    ("speed_mps", {"along_m": None}, RunContext(gyroscope=False), Reason.NO_GYROSCOPE),
    ("distance_m", {"along_m": None}, RunContext(gyroscope=False), Reason.NO_GYROSCOPE),
    ("distance_m", {"flags": ("tilt_open",)}, FULL, Reason.NO_LENGTH),
    ("length_m", {"flags": ("gap",)}, FULL, Reason.NO_LENGTH),
    ("speed_mps", {"direction": "lateral"}, FULL, Reason.SIDEWAYS),
    ("speed_mps", {"direction": "unknown"}, FULL, Reason.NO_DIRECTION),
    ("cadence_spm", {"contact_time_s": None}, FULL, Reason.NOT_MEASURED),
    ("aerial_time_s", {"contact_time_s": 0.6}, FULL, Reason.NO_FLIGHT),
    ("heel_share", {}, RunContext(gyroscope=False), Reason.NO_GYROSCOPE),
    ("heel_share", {"strike": "unknown"}, FULL, Reason.NOT_MEASURED),
    ("peak_g", {"flags": ("clipped_peak",)}, FULL, Reason.CLIPPED),
    ("loading_g_per_s", {"flags": ("clipped_peak",)}, FULL, Reason.CLIPPED),
    ("variability", {}, FULL, Reason.TOO_FEW),
    ("cadence_drift", {}, FULL, Reason.TOO_FEW),
    ("energy_kj", {}, RunContext(gyroscope=True), Reason.NO_MASS),
    ("energy_kj", {"along_m": None}, RunContext(gyroscope=False, mass_kg=70.0), Reason.NO_GYROSCOPE),
    ("energy_kj", {"contact_time_s": 0.6}, FULL, Reason.NOT_RUNNING),
    ("energy_kj", {"direction": "lateral"}, FULL, Reason.SIDEWAYS),
    ("energy_kj", {"direction": "unknown"}, FULL, Reason.NO_DIRECTION),
    ("speed_drift", {"direction": "lateral"}, FULL, Reason.SIDEWAYS),
    ("speed_drift", {"direction": "unknown"}, FULL, Reason.NO_DIRECTION),
    ("energy_kj", {}, RunContext(gyroscope=True, mass_kg=70.0, grade=0.06), Reason.HILL),
]


@pytest.mark.parametrize(("name", "changes", "context", "reason"), ABSENT)
def test_a_metric_whose_precondition_failed_is_absent_with_the_reason(name, changes, context, reason):
    strides = [stride(n, **{"direction": "forward", **changes}) for n in range(5)]
    found = values(strides, context)[name]
    assert (found.value, found.reason) == (None, reason)
    assert found.as_json() == {"value": None, "n": found.n, "spread": None, "reason": str(reason)}


def test_clipped_peaks_are_lower_bounds_that_keep_the_median():
    """The true peaks are 1 to 10 g, and the accelerometer clips above 7 g: the median is that of the true peaks."""
    true_g = [float(n) for n in range(1, 11)]
    strides = [stride(n, peak_g=min(peak, 7.0), flags=("clipped_peak",) if peak > 7 else ())
               for n, peak in enumerate(true_g)]  # fmt: skip
    found = values(strides)
    assert found["peak_g"] == (median(true_g), None, 10, None)  # the upper quartile is unknown
    assert found["clipped_share"].value == 0.3


def test_the_spread_holds_half_of_the_values():
    rng = random.Random(3)
    drawn = sorted(rng.gauss(10, 2) for _ in range(1001))
    spread = half_range(drawn)
    inside = sum(abs(value - median(drawn)) <= spread for value in drawn)
    assert inside / len(drawn) == pytest.approx(0.5, abs=0.03)
    assert half_range([1.0, 2.0, 3.0]) is None


def test_variability_is_that_of_the_stride_time_and_not_of_the_pace():
    rng = random.Random(5)
    cycles = [(0.7 + 0.001 * n) * (1 + 0.03 * rng.gauss(0, 1)) for n in range(400)]  # the pace falls by half
    strides = [stride(n, contact_time_s=cycle - 0.48) for n, cycle in enumerate(cycles)]
    assert values(strides)["variability"].value == pytest.approx(0.03, rel=0.15)


def test_drift_is_the_change_from_the_first_to_the_last_third():
    strides = [stride(n, contact_time_s=0.2 if n < 20 else 0.24) for n in range(60)]
    assert values(strides)["contact_drift"].value == pytest.approx(0.2)
    assert values(strides)["cadence_drift"].value == pytest.approx(0.68 / 0.72 - 1)


def test_energy_by_hand():
    """2 m/s is 120 m/min: 27.5 ml/kg/min, for 70 kg 9.625 kcal/min forward."""
    strides = [stride(n) for n in range(60)]
    minutes = 60 * 0.7 / 60
    forward = values(strides)["energy_kj"]
    assert forward.value == pytest.approx(9.625 * minutes * 4.184, rel=1e-6)
    assert forward.spread == pytest.approx(0.2 * forward.value)
    backward = [stride(n, "backward") for n in range(60)]
    assert values(backward)["energy_kj"].value == pytest.approx(1.35 * forward.value)
    uphill = values(backward, RunContext(gyroscope=True, mass_kg=70.0, grade=0.1))["energy_kj"]
    assert uphill.value == pytest.approx(1.35 * forward.value * (27.5 + 0.9 * 120 * 0.1) / 27.5)


def paired(contact, back_along, forward_along=1.4, number=12):
    forward = [stride(n, along_m=forward_along) for n in range(number)]
    backward = [stride(n, "backward", along_m=back_along, contact_time_s=contact) for n in range(number, 2 * number)]
    return [*forward, *backward]


def test_backward_and_forward_are_compared_at_the_same_speed():
    running, walking = compare(paired(0.18, -1.4 * 0.66 / 0.7))
    assert running.ratios["contact_ratio"] == (pytest.approx(0.18 / 0.22), None, 12, 0.0)
    assert running.ratios["aerial_ratio"].value == pytest.approx((0.33 - 0.18) / 0.13)
    assert running.ratios["cadence_ratio"].value == pytest.approx(0.7 / 0.66)
    assert running.speeds_mps == (pytest.approx(2.0), pytest.approx(2.0))
    assert walking.ratios["contact_ratio"].reason is Reason.NOT_MATCHED


def test_other_speeds_gaits_and_few_strides_are_not_compared():
    assert compare(paired(0.18, -1.0))[0].ratios["contact_ratio"].reason is Reason.NOT_MATCHED
    assert compare(paired(0.18, -1.4 * 0.66 / 0.7, number=9))[0].ratios["contact_ratio"].reason is Reason.NOT_MATCHED
    walked = compare(paired(0.6, -1.4 * 1.08 / 0.7))
    assert not any(one.known for one in walked)


def test_a_stride_is_compared_with_the_nearest_in_speed():
    """Forty forward strides within 0.1 m/s are faster and have other contacts: the thirty of its speed decide."""
    near = [stride(n, along_m=1.36, contact_time_s=0.20) for n in range(30)]
    faster = [stride(n, along_m=1.45, contact_time_s=0.22) for n in range(30, 70)]
    backward = [stride(n, "backward", along_m=-1.3, contact_time_s=0.17) for n in range(70, 82)]  # 2.0 m/s
    ratio = compare([*near, *faster, *backward])[0].ratios["contact_ratio"]
    assert ratio.value == pytest.approx(0.17 / 0.20) and ratio.n == 12


def test_a_few_strides_with_flight_are_not_a_time_in_the_air():
    walk = [stride(n, contact_time_s=0.6 if n % 3 else 0.2) for n in range(12)]
    assert values(walk)["aerial_time_s"].reason is Reason.NO_FLIGHT
    assert values(walk[:1])["aerial_time_s"].value == pytest.approx(0.34 - 0.2)


def test_clipped_peaks_are_not_compared():
    strides = [stride(one.number, one.direction, along_m=one.along_m, flags=("clipped_peak",))
               for one in paired(0.22, -1.4)]  # fmt: skip
    ratios = compare(strides)[0].ratios
    assert ratios["peak_ratio"].reason is Reason.CLIPPED and ratios["contact_ratio"].value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("error_s", "level", "text"),
    [(0.0304, "good", "accurate to 31 ms"), (60.0, "good", "60.0 s"), (216_000.0, "limited", "accurate to 60 h")],
)
def test_a_clock_that_is_wrong_by_minutes_is_limited(error_s, level, text):
    (clock,) = [one for one in quality([], [], RunContext(clock_error_s=error_s)) if one.name == "clock"]
    assert clock.level == level and clock.text.endswith(text)
