"""Times at which a foot leaves and meets the ground, from the movement of its sole: a truth for unmarked strides.

A strapdown in floating point, with the whole stride known, runs forward in time from the mid-stance before the swing
and backward from the one after, so that nothing is carried further than a stance. While a part of the shoe stands, the
shoe is a rigid body that turns about that part: `v + omega x r = 0` for the place r of the part, seen from the sensor.
Where r lies is fitted by least squares to the roll-off of all strides of one recording, gait and direction.

- *Lift-off*: the slowest part of the shoe, be it the one that it rolled over or a toe cap that bends up before it,
  moves at 0.6 m/s: far above what the fit leaves over (0.05 to 0.2 m/s), and reached within 15 ms of rest.
- *Contact*: the part that lands sinks fastest; from then on the ground stops it. Also the onset of the jerk that
  stops it, which needs the strapdown only for the search range.

It reads the same gyroscope and accelerometer as the pod does, so the measurement is not independent. But it uses none
of the pod's criteria, such as the peak of the roll or a crossing of zero.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retropod.score.engine_runner import G, physical
from strapdown import attitudes

Array = np.ndarray[Any, np.dtype[np.float64]]
ROLL_S = 0.15  # of roll before its fastest instant, and after that of the landing, that the pivot is fitted to
ROLLING_RAD_S = 1.0
LEAVING_M_S = 0.6
REST_M_S = 0.35
TOE_CAP_M = 0.07  # from the ball to the tip of the toes, of an adult
TOE_BEND_RAD = np.radians(np.arange(0.0, 91.0, 5.0))
SENSOR_M = 0.07  # above the ground: a sensor on a foot that rolls through mid-stance is not quite at rest
STOPPING_S = 0.1  # a landing foot is at rest this long after it was stopped, at most
AROUND_S = 0.03  # the fastest sinking, to look for the onset of the jerk
ONSET_SHARE = 0.4  # of the largest jerk there
SOLE_M = 0.24  # from heel to ball, as fitted to recordings of either direction
DROPPING_S = 0.25  # from the touch of the forefoot to the rest of the heel, at most
TOUCH_SHARE = 0.25  # of the largest jerk then
FEWEST = 3  # strides that a pivot is fitted to


@dataclass
class Swing:
    """One labelled stride, its signals in the sensor's frame, time counted from its opening mid-stance."""

    recording: str
    direction: str
    gait: str
    t0_s: float
    t1_s: float
    fs: float
    up: Array  # (N,3) the level frame's vertical, seen from the sensor
    acc: Array
    gyr: Array
    leaving: Array  # (N,3) velocity, m/s, right near the opening mid-stance
    landing: Array  # the same, right near the closing one

    @property
    def way(self) -> int:
        """+1: rolls off over the toes; -1: over the heel."""
        return -1 if self.direction == "backward" else 1

    @property
    def middle(self) -> int:
        """Fastest instant of the swing."""
        share = np.linspace(0.0, 1.0, len(self.leaving))[:, None]
        return int(np.argmax(np.linalg.norm((1.0 - share) * self.leaving + share * self.landing, axis=1)))


@dataclass
class Events:
    """Instants in seconds of the recording; NaN where the movement does not tell."""

    lift_off_s: float = np.nan
    sinking_s: float = np.nan  # the landing part sinks fastest
    onset_s: float = np.nan  # of the jerk that stops it


def swings(folder: Path, prefix: str) -> Iterator[Swing]:
    """Strides that are labelled forward or backward, of recordings whose names begin so."""
    by_recording: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "strides.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["recording"].startswith(prefix) and row["label"] in ("forward", "backward"):
                by_recording[row["recording"]].append(row)
    for name, rows in by_recording.items():
        acc, gyr, fs = physical(folder / f"{name}.npz")
        assert gyr is not None
        for row in rows:
            first, last = round(float(row["t0_s"]) * fs), round(float(row["t1_s"]) * fs)
            if last + round(0.03 * fs) < len(acc):
                yield _swing(name, row, acc, gyr, fs, first, last)


def _swing(name: str, row: dict[str, str], acc: Array, gyr: Array, fs: float, first: int, last: int) -> Swing:
    attitude = attitudes(acc, gyr, fs, first, last)
    a, w = acc[first : last + 1], gyr[first : last + 1]
    force = np.einsum("nij,nj->ni", attitude, a) - [0.0, 0.0, G]
    run = np.zeros_like(force)
    run[1:] = np.cumsum(0.5 * (force[1:] + force[:-1]) / fs, axis=0)
    rolling = [attitude[k] @ np.cross(w[k], [0.0, 0.0, SENSOR_M]) for k in (0, -1)]
    velocities = [np.einsum("nji,nj->ni", attitude, v) for v in (run + rolling[0], run - run[-1] + rolling[1])]
    return Swing(
        name, row["label"], row["gait"], float(row["t0_s"]), float(row["t1_s"]), fs,
        attitude[:, 2], a, w, *velocities,
    )  # fmt: skip


def speed_at(swing: Swing, velocity: Array, places: Array) -> Array:
    """(N, M) m/s in the sagittal plane, of places (M,2): forward and up from the sensor."""
    pitch = swing.gyr[:, 1:2]
    return np.hypot(velocity[:, 0:1] + pitch * places[:, 1], velocity[:, 2:3] - pitch * places[:, 0])


def _roll(swing: Swing, landing: bool) -> slice:
    """Where the shoe rolls over one part: up to the fastest instant of the roll-off, or on from that of the landing."""
    turn, middle, n = swing.way * swing.gyr[:, 1], swing.middle, round(ROLL_S * swing.fs)
    if landing:
        last = np.argmax(speed_at(swing, swing.landing, np.zeros((1, 2)))[middle:, 0] < 2 * REST_M_S) + middle
        first = max(middle, int(last) - round(0.06 * swing.fs))
        peak = first + int(np.argmax(turn[first : first + n])) if first < len(turn) else middle
        return slice(peak, peak + n)
    peak = int(np.argmax(turn[: middle + 1]))
    return slice(max(0, peak - n), peak + 1)


def pivot(group: list[Swing], landing: bool) -> Array:
    """Forward and up (m) from the sensor to the part that stands while these strides roll; NaN when too few do."""
    sides: list[tuple[Array, Array]] = []
    for swing in group:
        span = _roll(swing, landing)
        turn, v = swing.gyr[span, 1], (swing.landing if landing else swing.leaving)[span]
        rolling = swing.way * turn > ROLLING_RAD_S
        turn, v = turn[rolling], v[rolling]
        zero = np.zeros_like(turn)
        sides.append((np.concatenate([np.stack([zero, turn], 1), np.stack([-turn, zero], 1)]), -v.T[[0, 2]].ravel()))
    kept = [one for one in sides if len(one[1])]
    for _ in range(2):  # once more without the strides that fit badly
        if len(kept) < FEWEST:
            return np.full(2, np.nan)
        place = np.linalg.lstsq(np.concatenate([m for m, _ in kept]), np.concatenate([y for _, y in kept]))[0]
        left = [float(np.sqrt(np.mean((m @ place - y) ** 2))) for m, y in kept]
        kept = [one for one, over in zip(kept, left, strict=True) if over <= 2 * np.median(left)]
    return place


def _passed(speed: Array, start: int, limit: float) -> float:
    """Where the speed rises through the limit after `start`, in samples; NaN when it starts above or never does."""
    above = np.flatnonzero(speed[start:] >= limit)
    if not len(above) or above[0] == 0:
        return np.nan
    k = start + int(above[0])
    return k - float((speed[k] - limit) / (speed[k] - speed[k - 1]))


def lift_off(swing: Swing, place: Array) -> float:
    """Seconds of the recording, of a shoe that rolls over `place`."""
    start = max(0, _roll(swing, landing=False).stop - 1 - round(0.02 * swing.fs))
    places = place[None]
    if swing.way > 0:
        cap = TOE_CAP_M * np.stack([np.cos(TOE_BEND_RAD), np.sin(TOE_BEND_RAD)], axis=1)
        places = np.concatenate([places, place + cap])
    slowest = speed_at(swing, swing.leaving, places).min(axis=1)
    return swing.t0_s + _passed(slowest, start, LEAVING_M_S) / swing.fs


def contact(swing: Swing, place: Array) -> tuple[float, float]:
    """Return the time of the fastest sinking, and the onset of the jerk that stops it, in s of the recording.

    `place` is the heel, or where else the foot rolls from after it landed. Going backward the forefoot touches first,
    while it still moves, and long before the heel is at rest: there the first jerk is looked for, and the sinking of
    the forefoot next to it.
    """
    back = swing.way < 0
    rest = _rest(swing, place, LEAVING_M_S if back else REST_M_S)
    early = max(swing.middle, rest - round((DROPPING_S if back else STOPPING_S) * swing.fs))
    jerk = np.linalg.norm(np.diff(swing.acc, axis=0, prepend=swing.acc[:1]), axis=1)
    around = round(AROUND_S * swing.fs)
    if back:
        onset = _onset(jerk, early, rest, TOUCH_SHARE)
        sinking = _fastest(swing, place + np.array([SOLE_M, 0.0]), max(swing.middle, onset - around), onset + around)
    else:
        sinking = _fastest(swing, place, early, rest)
        onset = _onset(jerk, max(swing.middle, sinking - around), sinking + around, ONSET_SHARE)
    return swing.t0_s + sinking / swing.fs, swing.t0_s + (onset - 0.5) / swing.fs


def _rest(swing: Swing, place: Array, limit: float) -> int:
    """From when on the place stands, in samples."""
    moving = speed_at(swing, swing.landing, place[None])[swing.middle :, 0] > limit
    return swing.middle + int(np.max(np.flatnonzero(moving), initial=-1)) + 1


def _onset(jerk: Array, first: int, last: int, share: float) -> int:
    span = jerk[first : last + 1]
    return first + int(np.argmax(span >= share * span.max()))


def _fastest(swing: Swing, place: Array, first: int, last: int) -> int:
    """When the place sinks fastest."""
    velocity = swing.landing + np.cross(swing.gyr, [place[0], 0.0, place[1]])
    return first + int(np.argmin(np.einsum("ni,ni->n", velocity, swing.up)[first : last + 1]))


def truth(every: list[Swing]) -> list[Events]:
    """Events of every swing, in order."""
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for index, swing in enumerate(every):
        groups[swing.recording, swing.direction, swing.gait].append(index)
    found = [Events() for _ in every]
    for indices in groups.values():
        group = [every[index] for index in indices]
        off, on = pivot(group, landing=False), pivot(group, landing=True)
        for index in indices:
            if np.isfinite(off[0]):
                found[index].lift_off_s = lift_off(every[index], off)
            lands = off if every[index].way < 0 else on  # backward: the heel, known best from where it left
            if np.isfinite(lands[0]):
                found[index].sinking_s, found[index].onset_s = contact(every[index], lands)
    return found
