"""Text of the analysis of a run: timeline, directions, bouts, intervals, comparison, bests, laps and quality."""

from retropod.cli import damage_report, output, timefmt
from retropod.cli.listing import version
from retropod.insight import events
from retropod.insight.analysis import Analysis
from retropod.insight.bests import RECORDS_S
from retropod.insight.comparison import PUBLISHED, SpeedComparison
from retropod.insight.directions import in_words
from retropod.insight.energy import EVIDENCE
from retropod.insight.feet import HEADS, NOTE
from retropod.insight.feet import rows as feet_rows
from retropod.insight.groups import LapPart, MeasuredGroup
from retropod.insight.intervals import Repetition
from retropod.insight.metrics import METRICS
from retropod.insight.summary import Summary
from retropod.insight.units import SI, Units, clock, energy_range, number, pace, spread, unit
from retropod.insight.value import Reason, Value
from retropod.live import tables, view
from retropod.runs import tags
from retropod.runs.feet import Feet
from retropod.runs.loaded import LoadedRun
from retropod.runs.store import Stated
from retropod.runs.timing import RunTime
from retropod.wording import count


def print_analysis(run: Analysis, times: RunTime, marks: list[events.Lap], units: Units) -> None:
    """Print all parts of the analysis that the run has."""
    _directions(run, units)
    _bouts(run, units)
    _intervals(run, units)
    _comparisons(run)
    _bests(run)
    _energy(run)
    _laps(run, times, marks, units)
    _quality(run)


def head(loaded: LoadedRun) -> list[tuple[str, str]]:
    """Return names and values of the run itself: pod, start, wearer, tags, sensor and mount."""
    stored, times, stated = loaded
    if stored.headless:
        unknown = f"unknown pod and wearer, because the header is damaged; {stored.size} bytes"
        return [("run", unknown), ("start", timefmt.start(times)), *damage_report.end(stored), *_tags(stated)]
    header, drift = stored.header, timefmt.drift(times)
    mount = str(header.mount) + ("" if header.mount in ("given", "verified") else ": the pod decided no direction")
    lengths = "" if header.length_factor in (None, 1.0) else f", length factor {header.length_factor:.3f}"
    mass = "" if stated.wearer.mass_kg is None else f", {stated.wearer.mass_kg:g} kg"
    sensor = "unknown sensor" if header.chip == "none" else header.chip
    rate = view.number(header.rate_mhz, ".1f", " Hz")
    return [
        ("run", f"{header.run} of {header.name or header.device_id}, {stored.size} bytes"),
        ("start", timefmt.start(times)),
        *damage_report.end(stored),
        *([("clock", drift)] if drift else []),
        ("wearer", f"{header.wearer or 'no name'}{mass}, foot {header.side}"),
        *_tags(stated),
        ("pod", f"{sensor} at {rate}, firmware {version(header)}, engine {header.model or '-'}"),
        ("mount", mount + lengths),
    ]


def _tags(stated: Stated) -> list[tuple[str, str]]:
    """Return the tags of a run, without an empty row."""
    return [("tags", tags.text(stated.tags))] if stated.tags else []


def _heading(text: str) -> None:
    output.print_line()
    output.print_line(text)


def _directions(run: Analysis, units: Units) -> None:
    output.print_line()
    if run.strides:
        for line in tables.timeline(run.strides, run.origin_s):
            output.print_rich(line)
        output.print_line()
    output.print_rich(view.shares(run.summary))
    if run.directions:
        output.print_line()
        output.print_rich(tables.directions(run.directions, run.gaits, units))
        for line in (*tables.legend(), *tables.remarks(run.directions, run.gaits), *_left_out(run.summary)):
            output.print_rich(line)


def _left_out(summary: Summary) -> list[tables.Text]:
    number_left_out = summary.doubtful_lengths
    text = f"{count(number_left_out, 'stride')} of unreliable length left out of distance and speed"
    return tables.wrapped(text) if number_left_out else []


def _cell(group: MeasuredGroup | None, name: str, units: Units) -> str:
    return "-" if group is None else number(name, group.values[name].value, units)


def _bouts(run: Analysis, units: Units) -> None:
    if not run.bouts:
        return
    shown = ("distance_m", "speed_mps", *(() if units.pace else ("variability",)), "cadence_spm", "contact_time_s")
    last = units.pace or "varies"
    output.print_line()
    output.print_table(
        ["from", "to", "direction", "strides", units.distance, units.speed, last, "steps/min", "contact"],
        [_bout(one, run.origin_s, units) for one in run.bouts], "rrlrrrrrr",
    )  # fmt: skip
    for line in tables.absent(run.bouts, shown):
        output.print_rich(line)


def _bout(bout: MeasuredGroup, origin_s: float, units: Units) -> list[str]:
    last = pace(bout.values["speed_mps"].value, units) if units.pace else _with_unit(bout, "variability", units)
    columns = ("strides", "distance_m", "speed_mps")
    return [
        clock(bout.start_s - origin_s), clock(bout.end_s - origin_s), in_words(bout.direction),
        *(_cell(bout, name, units) for name in columns), last, _cell(bout, "cadence_spm", units),
        _with_unit(bout, "contact_time_s", units),
    ]  # fmt: skip


def _with_unit(group: MeasuredGroup, name: str, units: Units) -> str:
    value = group.values[name].value
    return number(name, value, units) + ("" if value is None else f" {unit(name, units)}")


def _intervals(run: Analysis, units: Units) -> None:
    found = run.intervals
    if not found.repetitions:
        return
    _heading(f"intervals: {count(len(found.repetitions), 'repetition')} backward")
    output.print_table(
        ["rep", "time", units.distance, units.speed, "steps/min", "contact", "back", f"back {units.speed}", "rest"],
        [_repetition(one, units) for one in found.repetitions], "rrrrrrrrr",
    )  # fmt: skip
    for name, trend in found.trends.items():
        of = unit(name, units)
        output.print_line(
            f"{METRICS[name].title}: best {number(name, trend.best, units)} {of} in rep {trend.best_number}, "
            f"mean {number(name, trend.mean, units)} {of}, change {number('fade', trend.fade, units)} %"
        )
    if found.reason:
        output.print_line(f"best, mean and change: - ({found.reason})")


def _repetition(one: Repetition, units: Units) -> list[str]:
    columns = ("time_s", "distance_m", "speed_mps", "cadence_spm")
    rest = "-" if one.rest_s is None else clock(one.rest_s)
    return [
        str(one.number), *(_cell(one.up, name, units) for name in columns),
        _with_unit(one.up, "contact_time_s", units),
        _cell(one.down, "time_s", units), _cell(one.down, "speed_mps", units), rest,
    ]  # fmt: skip


def _comparisons(run: Analysis) -> None:
    for one in run.comparisons:
        if one.known:
            _comparison(one)
    reasons = [reason for one in run.comparisons if (reason := one.ratios["contact_ratio"].reason)]
    if len(reasons) == len(run.comparisons) and run.direction("backward"):
        _heading("backward / forward at the same speed")
        output.print_line(f"- {reasons[0] if len(set(reasons)) == 1 else Reason.NOT_MATCHED}")


def _comparison(compared: SpeedComparison) -> None:
    low, high = compared.speeds_mps or (0.0, 0.0)
    _heading(f"backward / forward, {compared.gait} at the same speed ({low:.1f} to {high:.1f} m/s)")
    rows: list[list[str]] = []
    for name, value in compared.ratios.items():
        ratio, source = PUBLISHED.get(name, (None, ""))
        published = f"{ratio:.2f} {source}" if ratio and compared.gait == "running" else ""
        title = METRICS[name].title.removesuffix(", backward / forward")
        rows.append([title, _ratio(name, value), str(value.n), published or (value.reason or "")])
    output.print_table(["", "ratio", "n", "published"], rows, "lrrl")


def _ratio(name: str, value: Value) -> str:
    return "-" if value.value is None else f"{value.value:.2f} {spread(name, value, SI)}".rstrip()


def print_feet(feet: Feet | None, units: Units) -> None:
    """Print left against right in each direction."""
    if feet is None:
        return
    for one in feet.comparisons:
        _heading(f"left and right, {one.title}, with run {feet.other}")
        output.print_table(["", *HEADS], feet_rows(one, units), "lrrr")
    if feet.comparisons:
        for line in tables.wrapped(NOTE):
            output.print_rich(line)


def _bests(run: Analysis) -> None:
    known = [one for one in run.bests if one.time_s.value is not None]
    if not known:
        return
    _heading("best times backward, with the error bound of the distance")
    rows: list[list[str]] = []
    for one in known:
        error = f"±{one.time_s.spread:.1f} s" if one.time_s.spread else ""
        record = RECORDS_S.get(one.name)
        rows.append([one.name, clock(one.time_s.value or 0.0), error, f"record {clock(record)}" if record else ""])
    output.print_table(["", "time", "error", ""], rows, "lrrl")


def _energy(run: Analysis) -> None:
    values = [(one.direction, one.values["energy_kj"]) for one in run.directions]
    if all(value.value is None for _, value in values):
        return
    _heading("energy of running, as a range")
    for direction, value in values:
        text = f"- ({value.reason})" if value.value is None else energy_range(value)
        output.print_line(f"{in_words(direction)}: {text}")
    for line in tables.wrapped(EVIDENCE):
        output.print_rich(line)


def _laps(run: Analysis, times: RunTime, marks: list[events.Lap], units: Units) -> None:
    if not marks:
        return
    rows = [_lap(part, run, times, units) for part in run.laps]
    rows += [[str(mark.number), "-", "-", "-", "-", "-"] for mark in marks if mark.uptime_s is None]
    output.print_line()
    headings = [f"{way} {units.distance}" for way in ("forward", "backward")]
    output.print_table(["lap", "into the run", "time of day", "strides", *headings], rows, "rrrrrr")


def _lap(part: LapPart, run: Analysis, times: RunTime, units: Units) -> list[str]:
    groups = {one.direction: one for one in part.groups}
    return [
        str(part.number), "end" if part.end_s is None else clock(part.end_s - run.origin_s),
        timefmt.of_day(None if part.end_s is None else times.at(part.end_s)),
        str(sum(len(one.strides) for one in part.groups)),
        *(_cell(groups.get(way), "distance_m", units) for way in ("forward", "backward")),
    ]  # fmt: skip


def _quality(run: Analysis) -> None:
    _heading("quality of the data")
    output.print_pairs([(f"{one.name:<9}  {one.level}", one.text) for one in run.quality])
