"""Toe-off and contact of the engine against the movement of the sole, for strides without marks: backward, running.

usage: PYTHONPATH=tests RETROPOD_DATA=DIR python -m bench.bench_events [RATE_HZ]     prints the whole table
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.kinematic_events import Events, Swing, swings, truth
from bench.registry import NotMeasured, Row, figures, recordings
from retropod import sources
from retropod.errors import OperationFailed
from retropod.recording import load
from retropod.score import engine_runner, timing
from retropod.score.engine_runner import ChipScale, EngineJob
from retropod.score.intervals import bootstrap, median
from retropod.virtual.runtime import find_runtime

RATE_HZ = 208.0
KINDS = {
    "forward": ("forward", "walk"),
    "backward": ("backward", "walk"),
    "jog": ("forward", "jog"),
    "run": ("forward", "run"),
}
EVENTS = {
    "toe_off": ("toe_off_s", "lift_off_s"),
    "contact": ("contact_s", "sinking_s"),
    "impact": ("contact_s", "onset_s"),
}
Late = list[list[float]]  # ms, recording by recording
_NAMES = [
    f"events_{kind}_{event}_ms_{what}"
    for kind in KINDS
    for event in ("toe_off", "contact")
    for what in ("median", "abs")
]


@figures(*_NAMES, "events_truth_toe_off_ms_median", "events_truth_contact_ms_median", "contact_fraction_backward")
def bench_events() -> Iterator[Row]:
    """Of `uci`, whose strides are labelled by direction and gait; the truth itself against the marks of `voisard`."""
    folder = _data()
    every = list(swings(folder, "uci"))
    found = matched(every, strides(folder, every, RATE_HZ, gyroscope=True))
    for kind, (direction, gait) in KINDS.items():
        for event in ("toe_off", "contact"):
            late = errors(every, found, truth(every), EVENTS[event], direction, gait)
            n, method = (
                sum(map(len, late)),
                f"{direction} {gait} of uci, {RATE_HZ:g} Hz, against the movement of the sole",
            )
            yield (
                f"events_{kind}_{event}_ms_median",
                _pooled(late),
                "ms",
                f"{n} strides, 95 % {_interval(late)}, {method}",
            )
            size = [[abs(one) for one in recording] for recording in late]
            yield f"events_{kind}_{event}_ms_abs", _pooled(size), "ms", f"median of the size, {n} strides, {method}"
    for event, late in marked(folder).items():
        method = f"{sum(map(len, late))} marks of voisard, 95 % {_interval(late)}: movement of the sole against marks"
        yield f"events_truth_{event}_ms_median", _pooled(late), "ms", method
    share = [one["share"] for one in contact_shares(every, found) if one["kind"] == "backward"]
    method = f"{len(share)} strides walked backward, contact time over the time from contact to contact"
    yield "contact_fraction_backward", round(median(share), 3), "", method


def _data() -> Path:
    folder = recordings()
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    return folder


def strides(folder: Path, every: list[Swing], rate_hz: float, gyroscope: bool) -> dict[str, list[dict[str, float]]]:
    """The engine's strides, by recording."""
    names = sorted({swing.recording for swing in every})
    jobs = [EngineJob(engine_runner.counts(folder / f"{name}.npz", rate_hz, ChipScale(), gyroscope)) for name in names]
    return dict(zip(names, engine_runner.run(jobs, sources.firmware_dir()), strict=True))


def matched(every: list[Swing], said: dict[str, list[dict[str, float]]]) -> list[dict[str, float] | None]:
    """The engine's stride whose swing's middle lies in the label."""
    found: list[dict[str, float] | None] = []
    for swing in every:
        inside = [s for s in said[swing.recording] if swing.t0_s < (s["toe_off_s"] + s["contact_s"]) / 2 < swing.t1_s]
        found.append(inside[0] if inside else None)
    return found


def errors(
    every: list[Swing], found: list[dict[str, float] | None], events: list[Events], names: tuple[str, str],
    direction: str, gait: str,
) -> Late:  # fmt: skip
    """By how much the engine's event came late, ms; strides without a truth are left out."""
    late: dict[str, list[float]] = defaultdict(list)
    for swing, stride, event in zip(every, found, events, strict=True):
        if stride is not None and (swing.direction, swing.gait) == (direction, gait):
            error = 1000 * (stride[names[0]] - getattr(event, names[1]))
            if np.isfinite(error):
                late[swing.recording].append(error)
    return list(late.values())


def marked(folder: Path) -> dict[str, Late]:
    """By how much the truth comes later than a manual mark, ms."""
    every = list(swings(folder, "voisard"))
    late: dict[str, dict[str, list[float]]] = {"toe_off": defaultdict(list), "contact": defaultdict(list)}
    marks = {name: timing.events(load(folder / f"{name}.npz")) for name in {swing.recording for swing in every}}
    for swing, event in zip(every, truth(every), strict=True):
        inside = [m for m in marks[swing.recording] if not m.refused and swing.t0_s < m.middle_s < swing.t1_s]
        if len(inside) == 1:
            one = {"toe_off": event.lift_off_s - inside[0].toe_off_s, "contact": event.sinking_s - inside[0].contact_s}
            for name, error in one.items():
                if np.isfinite(error):
                    late[name][swing.recording].append(1000 * error)
    return {name: list(by_recording.values()) for name, by_recording in late.items()}


def contact_shares(every: list[Swing], found: list[dict[str, float] | None]) -> list[dict[str, float | str]]:
    """Contact time (s) over the time between two contacts, where one labelled stride follows another of its kind."""
    names = {pair: kind for kind, pair in KINDS.items()}
    result: list[dict[str, float | str]] = []
    for before, after, first, second in zip(every, every[1:], found, found[1:], strict=False):
        alike = (before.recording, before.direction, before.gait) == (after.recording, after.direction, after.gait)
        if first and second and alike and before.t1_s == after.t0_s and (after.direction, after.gait) in names:
            contact, cycle = second["toe_off_s"] - first["contact_s"], second["contact_s"] - first["contact_s"]
            kind = names[after.direction, after.gait]
            result.append({"kind": kind, "contact_s": contact, "share": contact / cycle})
    return result


def _pooled(late: Late) -> float:
    return round(median([one for recording in late for one in recording]), 1)


def _interval(late: Late) -> str:
    low, high = bootstrap(late, median)
    return f"[{low:.1f}, {high:.1f}]"


def main() -> int:
    """Prints late events of either mode, and contact times."""
    folder, rate_hz = _data(), float(sys.argv[1]) if len(sys.argv) > 1 else RATE_HZ
    for event, late in marked(folder).items():
        print(f"movement of the sole against marks, {event}: {_spread(late)}")
    every = list(swings(folder, "uci"))
    events = truth(every)
    for gyroscope in (True, False):
        found = matched(every, strides(folder, every, rate_hz, gyroscope))
        print(
            f"\n{'six axes' if gyroscope else 'accelerometer only'}, {rate_hz:g} Hz, against the movement of the sole"
        )
        for kind, (direction, gait) in KINDS.items():
            for event, names in EVENTS.items():
                print(f"  {kind:9s} {event:8s} {_spread(errors(every, found, events, names, direction, gait))}")
            own = [one for one in contact_shares(every, found) if one["kind"] == kind]
            times, shares = ([float(one[what]) for one in own] for what in ("contact_s", "share"))
            print(f"  {kind:9s} contact {median(times):.3f} s, {median(shares):.3f} of the cycle, n {len(own)}")
    return 0


def _spread(late: Late) -> str:
    pooled = [one for recording in late for one in recording]
    low, first, last, high = np.quantile(pooled, [0.1, 0.25, 0.75, 0.9])
    size = median([abs(one) for one in pooled])
    quartiles = f"quartiles {first:.1f} to {last:.1f}, tenths {low:.1f} to {high:.1f}"
    return f"median {_pooled(late)} {_interval(late)} ms, {quartiles}, size {size:.1f}, n {len(pooled)}"


if __name__ == "__main__":
    sys.exit(main())
