"""Registry of all metrics: each is defined once, with unit, definition, source, precondition and error bound.

Tables, JSON, the report, exports and `docs/metrics.md` use these definitions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retropod.insight import energy, measures
from retropod.insight.context import RunContext
from retropod.insight.measures import Measure
from retropod.insight.stride import Stride
from retropod.insight.value import Value

_TIMING = (
    "Of a stride: walking forward about 10 ms (939 marked swings). Walking backward, half of the strides are within "
    "10 ms, and 6 % of 206 are 60 to 200 ms too short (two people). Backward running: not validated on people."
)
_LENGTH = (
    f"{100 * measures.LENGTH_ERROR:g} %: up to 2.1 % against optics, and 1.5 % for a foot that turns out by 10 degrees."
)
_LENGTH_NEEDS = "A gyroscope, and strides without a gap, a clipped gyroscope or failed levelling."
_TWO = "Pods on both shoes of a wearer, with the same name of the wearer. Ten strides of each foot."
_ALIKE = "Both feet are assumed alike."


@dataclass(frozen=True, slots=True)
class Metric:
    """Definition of a metric.

    `name`: key in JSON and column of an export, which ends with the SI unit. `title`: name for readers. `unit`: SI
    unit, empty for counts and ratios. `error`: bound of the error. `measure`: function that computes the metric from
    strides of one direction, None for a metric of a whole run.
    """

    name: str
    title: str
    unit: str
    definition: str
    source: str
    precondition: str
    error: str
    measure: Measure | None = None


_GROUP = (
    Metric(
        "strides", "strides", "", "Number of strides of this foot.", "Stride detection of the pod.", "None.",
        "See docs/trust.md: strides missed by direction and gait.", measures.number,
    ),
    Metric(
        "time_s", "time", "s", "Sum of the stride times. Standing does not count.",
        "`cycle_s` of the strides. After standing: `period_s`.", "None.", "One sample per stride.", measures.time,
    ),
    Metric(
        "distance_m", "distance", "m",
        "Sum of the horizontal distances from mid-stance to mid-stance. Strides of unreliable length do not count.",
        "`length_m` of the strides.", _LENGTH_NEEDS, _LENGTH, measures.distance,
    ),
    Metric(
        "speed_mps", "speed", "m/s",
        "Median displacement along the toe axis per stride time. Negative backward.",
        "`along_m` / `cycle_s` of the strides.", _LENGTH_NEEDS + " A direction forward or backward.", _LENGTH,
        measures.of_lengths(lambda one: one.speed_mps, sideways=False),
    ),
    Metric(
        "cadence_spm", "cadence", "1/min",
        f"Median number of steps of both feet per minute: 120 s / stride time. {_ALIKE}",
        "`cycle_s` of the strides.", "Not the first stride after standing.", "1 % for running, from 10 ms per stride.",
        measures.of_strides(lambda one: one.cadence_spm),
    ),
    Metric(
        "contact_time_s", "contact", "s", "Median time from an initial contact to the following toe-off.",
        "`contact_time_s` of the strides.", "Not the first stride after standing.", _TIMING,
        measures.of_strides(lambda one: one.contact_time_s),
    ),
    Metric(
        "aerial_time_s", "in air", "s",
        f"Median time in the air before each contact: half of the stride time minus the contact time. {_ALIKE}",
        "`cycle_s` and `contact_time_s` of the strides.",
        "Flight in at least half of the strides, that is a duty factor below one half.", _TIMING,
        measures.aerial_time,
    ),
    Metric(
        "duty_factor", "duty factor", "",
        "Median share of the stride time that the foot is on the ground. Below one half is running.",
        "`contact_time_s` / `cycle_s` of the strides. Ref: Alexander 1989, Physiol Rev 69:1199.",
        "Not the first stride after standing.", "0.02 to 0.04, from 10 to 20 ms per contact.",
        measures.of_strides(measures.duty_factor),
    ),
    Metric(
        "length_m", "stride length", "m", "Median horizontal distance from mid-stance to mid-stance.",
        "`length_m` of the strides.", _LENGTH_NEEDS, _LENGTH, measures.of_lengths(lambda one: one.length_m),
    ),
    Metric(
        "variability", "variability", "",
        "Coefficient of variation of the stride time: median absolute difference of consecutive stride times x 1.4826 "
        "/ square root of 2, divided by the median stride time. A change of pace does not increase it.",
        "`cycle_s` of the strides. Ref: von Neumann 1941, Ann Math Stat 12:367 (successive differences).",
        "Ten pairs of consecutive strides.", "Increased by timing errors: 10 ms add up to 0.02 to a value of 0.",
        measures.variability,
    ),
    Metric(
        "peak_g", "peak", "g",
        "Median of the highest acceleration at the contact, including gravity. It is the acceleration of the shoe, not "
        "the ground reaction force.",
        "`peak_g` of the strides.", "Clipped in less than half of the strides.",
        "Depends on sample rate and mount. Compare values of the same pod and shoe only.",
        measures.of_peaks(lambda one: one.peak_g),
    ),
    Metric(
        "loading_g_per_s", "loading rate", "g/s",
        "Median of the steepest rise of the acceleration into the peak, between two neighbouring samples.",
        "`loading_g_per_s` of the strides.", "Clipped in less than half of the strides.",
        "Depends on sample rate and mount. Compare values of the same pod and shoe only.",
        measures.of_peaks(lambda one: one.loading_g_per_s),
    ),
    Metric(
        "clipped_share", "clipped peaks", "", "Share of the strides whose peak exceeds the range of the accelerometer.",
        "Flag `clipped_peak` of the strides.", "None.", "Exact.", measures.clipped_share,
    ),
    Metric(
        "heel_share", "heel strikes", "",
        "Share of the strides that land on the heel, of those with a known strike. The pitch of the foot between "
        "contact and foot flat decides.",
        "`strike` of the strides. Ref: Altmann & Davis 2012, Gait Posture 35:298.",
        "A gyroscope. Without one the strike is derived from the direction.",
        "92 % of the strides are right (van Werkhoven et al. 2019, Sports 7:184, n = 12). Not validated on this pod.",
        measures.heel_share,
    ),
    Metric(
        "cadence_drift", "cadence drift", "",
        "Relative change of the median cadence from the first to the last third of the strides.",
        "`cadence_spm` of the strides.", "30 strides with a cadence.", "0.01.",
        measures.drift(lambda one: one.cadence_spm),
    ),
    Metric(
        "contact_drift", "contact drift", "",
        "Relative change of the median contact time from the first to the last third of the strides.",
        "`contact_time_s` of the strides.", "30 strides with a contact time.", "0.02.",
        measures.drift(lambda one: one.contact_time_s),
    ),
    Metric(
        "speed_drift", "speed drift", "",
        "Relative change of the median speed from the first to the last third of the strides.",
        "`speed_mps` of the strides.", "30 strides of reliable length, not sideways.",
        "0.01. A constant error of length cancels.",
        measures.drift(measures.reliable_speed, sideways=False),
    ),
    Metric(
        "energy_kj", "energy", "kJ",
        "Energy of the running strides of known speed, by the ACSM running equation. Backward x "
        f"{energy.BACKWARD_FACTOR:g}. An unknown grade counts as level.",
        f"Speed, mass of the wearer, grade of the run. Evidence: {energy.EVIDENCE}.",
        "A speed, not sideways, the wearer's mass, running. Forward: level ground.",
        f"{100 * energy.ERROR:g} % up and down.",
        energy.energy,
    ),
)  # fmt: skip

_CLOCKS = (
    "Median over the half of the strides whose times are known best. Ten steps, and a time above the error of the two "
    "clocks together, which is given with the value."
)
_ORDER = "Ten steps of each foot, and an error of the two clocks together below half of a step."
_CONTACT_SYMMETRY = "0.1: the bound of one pod, twice. 0.03 on the gait model."
_FEET = (
    *(
        Metric(
            name, f"{title}, left - right", "",
            f"Median difference in {title} of neighbouring strides, left minus right, relative to their mean.",
            f"`{value}` of the strides of both feet while both pods recorded.", _TWO + needs, error,
        )
        for name, title, value, needs, error in (
            ("contact_symmetry", "contact time", "contact_time_s", "", _CONTACT_SYMMETRY),
            ("cycle_symmetry", "stride time", "cycle_s", "", "0.01."),
            ("length_symmetry", "stride length", "length_m", f" {_LENGTH_NEEDS}", "0.04, from both bounds."),
        )
    ),
    Metric(
        "contact_difference_s", "contact time, left - right", "s",
        "Median difference in contact time of neighbouring strides, left minus right. Neighbours share the variation "
        "of the gait.",
        "`contact_time_s` of the strides of both feet while both pods recorded.", _TWO,
        "10 ms, the largest on the gait model (median 1 ms). On people: that of `contact_symmetry`.",
    ),
    *(
        Metric(
            f"step_time_{side}_s", f"{side} step time", "s",
            f"Median time from an initial contact of the other foot to the next one, of the {side} foot.",
            "Wall times of the strides of both pods.", f"{_TWO} {_ORDER}", "The error of the two clocks, and 20 ms.",
        )
        for side in ("left", "right")
    ),
    Metric(
        "step_symmetry", "step time, left - right", "", "Step time, left minus right, relative to their mean.",
        "`step_time_left_s` and `step_time_right_s`.", f"{_TWO} {_ORDER}",
        "Twice the error of the two clocks, relative to the mean. It is given with the value.",
    ),
    Metric(
        "step_cadence_spm", "step cadence", "1/min",
        "Steps per minute, from the step times of both feet. Errors of the clocks cancel.",
        "`step_time_left_s` and `step_time_right_s`.", f"{_TWO} {_ORDER}", "1 %.",
    ),
    *(
        Metric(
            f"{name}_{when}_{side}_s", f"{title} {when} {side} toe-off", "s",
            f"Time between toe-off of the {side} foot and the initial contact of the other foot {when} it.",
            "Wall times of the strides of both pods.", f"{_TWO} {_CLOCKS}", "The error of the two clocks, and 20 ms.",
        )
        for name, title, when in (("aerial", "aerial time", "after"), ("support", "double support", "before"))
        for side in ("left", "right")
    ),
)  # fmt: skip

_RUN = (
    Metric(
        "contact_ratio", "contact, backward / forward", "",
        "Median ratio of the contact time of a backward stride to the median of the forward strides of its speed.",
        "Strides of the same gait whose speeds differ by 0.1 m/s or less, the nearest 30 at most. Published: 0.82 at "
        "3.0 m/s, derived from Wright & Weyand 2001, JEB 204:1805, n = 4.",
        "Ten backward strides, each with five forward strides of its speed. A gyroscope.", "0.1, from 20 ms.",
    ),
    Metric(
        "aerial_ratio", "aerial time, backward / forward", "",
        "Median ratio of the aerial time of a backward stride to the median of the forward strides of its speed.",
        "As contact_ratio, with flight. Published: 98 ms / 72 ms = 1.36 at 3 to 17 km/h, Cavagna 2011, JEB 215:75, "
        "n = 9.",
        "As contact_ratio, and a median flight of 20 ms or more forward.", "0.3, from 20 ms.",
    ),
    Metric(
        "cadence_ratio", "cadence, backward / forward", "",
        "Median ratio of the cadence of a backward stride to the median of the forward strides of its speed.",
        "As contact_ratio.", "As contact_ratio.", "0.02.",
    ),
    Metric(
        "peak_ratio", "peak, backward / forward", "",
        "Median ratio of the peak acceleration of a backward stride to the median of the forward strides of its speed.",
        "As contact_ratio. Published peaks are those of the body (15.7 against 13.2 m/s^2, Cavagna 2011), which a shoe "
        "does not measure.",
        "As contact_ratio, and peaks that are clipped in less than half of the strides of each direction.", "Unknown.",
    ),
    Metric(
        "fade", "fade", "",
        "Relative change of a metric from the first to the last third of the repetitions, of their means.",
        "Median speed of each repetition, or its cadence if no speed is known.", "Three repetitions.", "0.02.",
    ),
    Metric(
        "ramp", "ramp rate", "",
        "Backward time of the last week relative to the mean of up to four weeks before it. Weeks begin on Monday.",
        "`time_s` of the backward strides of all runs.", "A week with backward strides before the last one.",
        "That of the strides. Runs that this computer lacks do not count.",
    ),
    Metric(
        "best_time_s", "personal best", "s",
        "Shortest time in which the signed backward distance grows by 100 m, 400 m, 800 m, a mile or 5 km. Forward "
        "strides reduce the distance. Pauses count as time.",
        "`along_m` and `uptime_s` of the strides.",
        "That distance. Strides of unreliable length add nothing, so that a best is never too short.",
        f"{100 * measures.LENGTH_ERROR:g} % of the time, as for the distance.",
    ),
)  # fmt: skip

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*_GROUP, *_RUN, *_FEET)}
GROUP: tuple[str, ...] = tuple(metric.name for metric in _GROUP)
"""Names of the metrics of a group of strides in one direction."""


def measure(strides: Sequence[Stride], context: RunContext, names: Iterable[str] = GROUP) -> dict[str, Value]:
    """Return the metrics of strides in one direction, by name. A metric whose precondition failed has a reason."""
    values: dict[str, Value] = {}
    for name in names:
        if (function := METRICS[name].measure) is not None:
            values[name] = function(strides, context)
    return values
