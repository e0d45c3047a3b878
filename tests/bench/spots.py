"""Errors of the accelerometer-only engine at another spot on the shoe, with a misaligned pod or at another pace.

usage: PYTHONPATH=tests RETROPOD_DATA=DIR python -m bench.spots [RATE_HZ [FIRMWARE]]

Each row is the change against the recordings as they are, per set and class: strides not found / called wrong / left
unknown; then, by set and not as a change, counts that must not grow.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bench import motion_changes as by
from bench import registry
from bench.motion_changes import Change
from retropod import sources
from retropod.recording import load
from retropod.score import engine_runner, labels
from retropod.score.label_check import impossible
from retropod.score.matching import DetectedStride, Matched, match

LEAST = 50  # strides that a class must have for a column of its own
ALARMS = ("extra", "standing", "forward called backward", "turns called backward")
Tally = Counter[tuple[str, str]]


def _speed(share: float) -> Change:
    """Half of a change of speed comes from the time, half from the path."""
    return by.pace(share**-0.5, share**0.5)


CASES: dict[str, Change] = {
    **by.SPOTS,
    "pitched by +10 degrees": by.turned(pitch_deg=10.0),
    "pitched by -10 degrees": by.turned(pitch_deg=-10.0),
    "pitched by +15 degrees": by.turned(pitch_deg=15.0),
    "pitched by -15 degrees": by.turned(pitch_deg=-15.0),
    "rolled by +8 degrees": by.turned(roll_deg=8.0),
    "rolled by -8 degrees": by.turned(roll_deg=-8.0),
    "yawed by +8 degrees": by.turned(yaw_deg=8.0),
    "yawed by -8 degrees": by.turned(yaw_deg=-8.0),
    "scale 3 % high": by.off(acc=1.03),
    "scale 3 % low": by.off(acc=0.97),
    "speed 0.85": _speed(0.85),
    "speed 1.15": _speed(1.15),
    "all: ahead, pitched, rolled, slow": by.chain(
        (by.spot(x_m=0.06), _speed(0.85), by.turned(pitch_deg=-10.0, roll_deg=8.0), by.off(acc=0.97))
    ),
    "all: behind, pitched, yawed, quick": by.chain(
        (by.spot(x_m=-0.06), _speed(1.15), by.turned(pitch_deg=10.0, yaw_deg=8.0), by.off(acc=1.03))
    ),
    "all: ahead, left, low, pitched, yawed, slow": by.chain(
        (by.spot(0.03, 0.03, -0.02), _speed(0.85), by.turned(pitch_deg=15.0, yaw_deg=-8.0))
    ),
    "all: behind, right, high, pitched, rolled, quick": by.chain(
        (by.spot(-0.03, -0.03, 0.03), _speed(1.15), by.turned(pitch_deg=-15.0, roll_deg=-8.0))
    ),
    "all: behind, left, high, pitched, yawed, slow": by.chain(
        (by.spot(-0.06, 0.03, 0.03), _speed(0.85), by.turned(pitch_deg=-10.0, yaw_deg=8.0), by.off(acc=1.03))
    ),
    "all: ahead, right, low, misaligned, quick": by.chain(
        (by.spot(0.06, -0.03, -0.02), _speed(1.15), by.turned(-8.0, 10.0, -8.0), by.off(acc=0.97))
    ),
}


@cache
def truth(folder: Path) -> labels.Set:
    """The folder's labels, but for those that the recordings deny."""
    own = labels.read(folder)
    refused = set[labels.Label]()
    for name in own.names:
        refused |= impossible([one for one in own.labels if one.recording == name], load(folder / f"{name}.npz"))
    return replace(own, labels=[one for one in own.labels if one not in refused])


def matches(folder: Path, change: Change, rate_hz: float, firmware: Path, name_of: str = "") -> list[Matched]:
    """Return the labels of the recordings with this name, and the strides of the engine after the change."""
    own, result = truth(folder), list[Matched]()
    recorded = [by.motion(folder / f"{name}.npz") for name in own.names if name.startswith(name_of)]
    changed = [change(one) for one in recorded]
    jobs = [by.job(new, rate_hz, old.fs) for old, new in zip(recorded, changed, strict=True)]
    jobs = [replace(job, samples=replace(job.samples, counts=job.samples.counts[:, :3])) for job in jobs]
    for one, strides in zip(changed, engine_runner.run(jobs, firmware), strict=True):
        found = [
            DetectedStride(s["toe_off_s"] / one.stretch, s["contact_s"] / one.stretch, s["direction"], s["confidence"])
            for s in strides
        ]
        still = [(start, end) for name, start, end in own.still if name == one.name]
        result.append(match(one.name, [label for label in own.labels if label.recording == one.name], found, still))
    return result


def tally(matched: Sequence[Matched]) -> Tally:
    """(set and class, outcome) -> strides; (alarm, set) -> strides."""
    count = Tally()
    for one in matched:
        name = labels.set_of(one.recording)
        count["standing", name] += len(one.in_still)
        count["extra", name] += len(one.extra)
        for label, found in one.extra + [(label, found) for label, found in one.pairs if found]:
            count["forward called backward", name] += label.direction == "forward" and found.direction == "backward"
            count["turns called backward", name] += label.direction == "turn" and found.direction == "backward"
        for label, found in one.pairs:
            if label.direction != "other":
                count[f"{name} {label.direction} {label.gait}", _outcome(label, found)] += 1
    return count


def _outcome(label: labels.Label, found: DetectedStride | None) -> str:
    if not found:
        return "missed"
    if found.direction == "unknown":
        return "unknown"
    return "right" if label.direction in ("turn", found.direction) else "wrong"


def main() -> int:
    """Prints the table."""
    folder = registry.recordings()
    rate_hz = float(sys.argv[1]) if len(sys.argv) > 1 else 208.0
    firmware = Path(sys.argv[2]) if len(sys.argv) > 2 else sources.firmware_dir()
    base = tally(matches(folder, by.nothing, rate_hz, firmware))
    sizes = Counter[str]()
    for (group, outcome), n in base.items():
        sizes[group] += n if outcome in ("right", "wrong", "unknown", "missed") else 0
    groups = sorted(group for group, n in sizes.items() if n >= LEAST)
    sets = sorted({group.partition(" ")[0] for group in groups})
    print(f"{rate_hz:g} Hz: strides missed / wrong / unknown, more than as recorded; alarms for {'/'.join(sets)}\n")
    heads = [f"{group} ({sizes[group]})" for group in groups] + list(ALARMS)
    print("| | " + " | ".join(heads) + " |\n" + "|---" * (1 + len(heads)) + "|")
    print(_row("as recorded, of all", base, Tally(), groups, sets))
    for name, change in CASES.items():
        print(_row(name, tally(matches(folder, change, rate_hz, firmware)), base, groups, sets), flush=True)
    return 0


def _row(name: str, found: Tally, base: Tally, groups: Sequence[str], sets: Sequence[str]) -> str:
    cells = [name]
    for group in groups:
        changes = [found[group, outcome] - base[group, outcome] for outcome in ("missed", "wrong", "unknown")]
        cells.append(" / ".join(f"{d:+d}" if base else str(d) for d in changes) if any(changes) else ".")
    cells += ["/".join(str(found[alarm, one]) for one in sets) for alarm in ALARMS]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
