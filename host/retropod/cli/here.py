"""List of the runs on this computer: `retropod runs --here`."""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from retropod.cli import output, timefmt
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.errors import DamagedData
from retropod.insight.directions import DIRECTIONS
from retropod.insight.stride import rounded
from retropod.runs import tags
from retropod.runs.ending import ended
from retropod.runs.indexrows import Indexed
from retropod.runs.selection import Selection, tagged
from retropod.runs.store import Store, Stored
from retropod.wording import count

_SHOWN = {"forward": "fwd m", "backward": "bwd m", "lateral": "side m"}


def selection(
    wearer: str | None, since: datetime | None, until: datetime | None, words: Sequence[str]
) -> Selection | None:
    """Return the selection that the options state, None without one. `until` is the last day."""
    if wearer is None and since is None and until is None and not words:
        return None
    end = until + timedelta(days=1) if until else None
    return Selection(wearer, _local_s(since), _local_s(end), [tagged(word) for word in words])


def _local_s(moment: datetime | None) -> float | None:
    return None if moment is None else moment.astimezone().timestamp()


def show(chosen: Selection | None) -> None:
    """List the runs of the store. Raises DamagedData at the end if one of them is not readable."""
    store = open_store()
    indexed = [one for one in store.index.runs() if chosen is None or chosen.includes(one)]
    aside = [] if chosen else store.set_aside()
    names = store.short_names([*(one.stored for one in indexed), *aside])
    lines = [_json(store, name, one.stored) | as_json(one) for name, one in zip(names, indexed, strict=False)]
    lines += [_json(store, name, one) for name, one in zip(names[len(indexed) :], aside, strict=True)]
    if options().json:
        for line in lines:
            output.print_json(line)
    elif lines:
        headings = ["name", "start", "wearer", "min", *_SHOWN.values(), "tags", "state"]
        output.print_table(headings, list(map(_row, lines)), "lllrrrrll")
    elif chosen:
        output.print_note("no run here meets the conditions; run `retropod runs --here` to list all")
    else:
        output.print_note("this computer holds no runs; fetch them with `retropod download`")
    _check(lines[: len(indexed)])


def _check(lines: list[dict[str, Any]]) -> None:
    if bad := [one for one in lines if one["state"] in ("damaged", "unreadable")]:
        raise DamagedData(
            f"{len(bad)} of {count(len(lines), 'run')} on this computer {'is' if len(bad) == 1 else 'are'} damaged or "
            f"unreadable: {', '.join(one['name'] for one in bad)}",
            "run `retropod download` with the pod: it fetches damaged runs again",
        )


def _json(store: Store, name: str, one: Stored) -> dict[str, Any]:
    """Return the object of a stored file. `ended` is None if the file cannot be read."""
    size = end = None
    with contextlib.suppress(OSError):
        size = one.path.stat().st_size
    with contextlib.suppress(OSError, ValueError):
        end = ended(one.path)
    return {"name": name, "pod": one.pod_id, "run": one.run, "file": str(one.path), "size_bytes": size,
            "state": store.state(one.path), "ended": end}  # fmt: skip


def as_json(one: Indexed) -> dict[str, Any]:
    """Return the object of a run for `--json`, as far as the index knows it."""
    values = {
        "start_epoch_s": one.start_s,
        "start_error_s": one.start_error_s,
        "duration_s": one.duration_s,
        "wearer": one.wearer,
        "pod_name": one.pod_name,
        "side": one.side,
        "strides": {direction: one.strides.get(direction) for direction in DIRECTIONS},
        "distance_m": {direction: one.metres.get(direction) for direction in DIRECTIONS},
        "tags": one.tags,
    }
    return rounded(values, 3)


def _row(one: dict[str, Any]) -> list[str]:
    metres = one.get("distance_m", {})
    return [
        one["name"],
        *when(one),
        *("-" if metres.get(each) is None else f"{metres[each]:.0f}" for each in _SHOWN),
        tags.text(one.get("tags", {})),
        _state(one),
    ]


def when(one: dict[str, Any]) -> tuple[str, str, str]:
    """Return start, wearer and minutes of a run from its object."""
    start, duration = one.get("start_epoch_s"), one.get("duration_s")
    return (
        "unknown" if start is None else timefmt.moment(start)[:-3],
        one.get("wearer") or "-",
        "-" if duration is None else f"{duration / 60:.1f}",
    )


def _state(one: dict[str, Any]) -> str:
    state = "no checksum" if one["state"] == "unverified" else one["state"]
    return f"{state}, end unknown" if one["ended"] is False and state != "damaged" else state
