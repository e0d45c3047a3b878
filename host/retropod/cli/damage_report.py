"""What a damaged run lacks, in words."""

from pathlib import Path

from retropod.cli import output
from retropod.cli.frame import settings
from retropod.errors import DamagedData
from retropod.runs.gaps import Gap, gaps
from retropod.runs.reader import Run


def began(run: Run) -> float:
    """Uptime that times are shown from."""
    header = run.header.seconds("uptime")
    if header is not None:
        return header
    return run.strides[0].uptime_s or 0.0 if run.strides else 0.0


def tell(run: Run, began_s: float) -> None:
    """One line for each gap, on stderr; objects on stdout with --json."""
    found = gaps(run)
    for gap in found:
        if settings().json:
            output.emit({"type": "missing", **gap._asdict()})
        else:
            output.note(f"missing: {_words(gap, began_s)}")
    if not found and not settings().json:
        output.note(f"missing: no stride{'; events perhaps, such as laps' if run.missing else ', no event'}")


def error(path: Path, run: Run, mend: str = "download it again if the pod still has it") -> DamagedData:
    """What to end with."""
    lost = sum(end - start for start, end in run.damaged)
    said = [f"{lost} of {run.size} bytes damaged"] if lost else []
    said += ["its header damaged"] if run.headless else []
    said += [f"{run.missing} block{'s' if run.missing > 1 else ''} missing"] if run.missing else []
    return DamagedData(f"{path}: {', '.join(said)}", f"everything that is whole was read; {mend}")


def _words(gap: Gap, began_s: float) -> str:
    if gap.what == "end":
        return f"what came after {_clock(gap.from_s, began_s)}, if anything"
    count = "" if gap.lost is None else f"{gap.lost} "
    what = "strides" if gap.what == "strides" else "raw samples"
    if gap.lost == 1:
        what = what[:-1]
    until = "on" if gap.to_s is None else f"to {_clock(gap.to_s, began_s)}"
    return f"{count}{what}, from {_clock(gap.from_s, began_s)} {until}"


def _clock(uptime_s: float | None, began_s: float) -> str:
    from retropod.live import view

    return "?" if uptime_s is None else view.clock(uptime_s - began_s)
