"""Report of the missing data of a damaged run."""

from pathlib import Path

from retropod.cli import output
from retropod.cli.options import options
from retropod.errors import DamagedData
from retropod.insight.units import clock
from retropod.runs.gaps import RunGap, gaps
from retropod.runs.reader import Run
from retropod.wording import count

FETCH_AGAIN = "run `retropod download` if the pod still has it: the damaged copy is replaced"


def end(run: Run) -> list[tuple[str, str]]:
    """Return the row of `print_pairs` for a run whose end is unknown, otherwise no row."""
    if run.ended:
        return []
    return [("end", "unknown: power cut, cut file, or the pod was still recording")]


def origin_s(run: Run) -> float:
    """Return the pod uptime, in s, from which the times of a run are counted."""
    header = run.header.seconds("uptime")
    if header is not None:
        return header
    return run.strides[0].uptime_s or 0.0 if run.strides else 0.0


def print_gaps(run: Run) -> None:
    """Print one line for each gap on stderr. With --json, print an object for each gap on stdout."""
    found = gaps(run)
    for gap in found:
        if options().json:
            output.print_json({"type": "missing", **gap._asdict()})
        else:
            output.print_note(f"missing: {_text(gap, origin_s(run))}")
    if not found and not options().json:
        output.print_note(f"missing: no stride{'; possibly events such as laps' if run.missing else ', no event'}")


def as_error(path: Path, run: Run, hint: str = FETCH_AGAIN) -> DamagedData:
    """Return the error with which a command on a damaged run ends."""
    lost = sum(end - start for start, end in run.damaged)
    parts = [f"{lost} of {run.size} bytes damaged"] if lost else []
    parts += ["header damaged"] if run.headless else []
    parts += [f"{count(run.missing, 'block')} missing"] if run.missing else []
    return DamagedData(f"{path}: {', '.join(parts)}; all intact data was read", hint)


def _text(gap: RunGap, origin: float) -> str:
    if gap.what == "end":
        return f"everything after {_clock(gap.from_s, origin)}, if there was more"
    count = "" if gap.lost is None else f"{gap.lost} "
    kind = "strides" if gap.what == "strides" else "raw samples"
    if gap.lost == 1:
        kind = kind[:-1]
    end = "on" if gap.to_s is None else f"to {_clock(gap.to_s, origin)}"
    return f"{count}{kind}, from {_clock(gap.from_s, origin)} {end}"


def _clock(uptime_s: float | None, origin: float) -> str:
    return "?" if uptime_s is None else clock(uptime_s - origin)
