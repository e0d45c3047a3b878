"""`retropod live --pods all`: several pods at once, as JSON lines, plain lines, a log, the big view or a page."""

import sys
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from retropod.cli import live_items, output, timefmt
from retropod.cli.feed import Wanted
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.pods import PodFailures, several
from retropod.cli.pods_feed import PodsFeed, PodsItem
from retropod.insight.units import Units
from retropod.live import pods_view
from retropod.live.cues import Cue
from retropod.live.sharedcontrol import SharedControl
from retropod.live.shoes import Ended, Shoe, Shoes

if TYPE_CHECKING:
    from retropod.cli.live_web import ServedPage
    from retropod.client.several import SelectedPod

_PATIENCE_S = 600.0  # one pod may be away for longer than a change of a battery takes: the other pod continues


def live_pods(wanted: Wanted, page: "ServedPage | None") -> None:
    """Run a session with the pods of --pods, and show it on a page. An error of one pod ends only its own session.

    Raises an error at the end if a pod failed.
    """
    failures = PodFailures({"type": "failed"})
    with several(failures) as chosen, ExitStack() as opened:
        shoes = _shoes(opened, chosen, wanted, failures)
        _warn(shoes)
        with Shoes(shoes) as session:
            _show(session, wanted, failures, page)
    failures.finish()


def _shoes(opened: ExitStack, chosen: "list[SelectedPod]", wanted: Wanted, failures: PodFailures) -> list[Shoe]:
    """Return the shoes of the pods. Their run files are stored when `opened` ends."""
    topics = ("strides", "events", *(("raw",) if wanted.raw else ()))
    shoes: list[Shoe] = []
    for one in chosen:
        with failures.caught(one):
            cable = opened.enter_context(one.reconnecting(options().baud, _PATIENCE_S))
            store = open_store()
            kept = (
                opened.enter_context(live_items.stored(live_items.kept_session(cable.pod, store)))
                if wanted.keep
                else None
            )
            shoes.append(Shoe(cable, store, topics, kept, output.print_note))
    return shoes


def _warn(shoes: list[Shoe]) -> None:
    """Name the pods on one side: their strides are not compared."""
    for side in ("left", "right"):
        same = [shoe.label for shoe in shoes if shoe.side == side]
        if len(same) > 1:
            output.print_note(
                f"{len(same)} pods are on the {side} foot: {', '.join(same)}; both feet are compared after "
                f"`retropod config set side {'right' if side == 'left' else 'left'} --port PORT` for one of them"
            )


def _show(shoes: Shoes, wanted: Wanted, failures: PodFailures, page: "ServedPage | None") -> None:
    feed, control = PodsFeed(shoes, wanted, failures), SharedControl(shoes.shoes)
    with ExitStack() as serving:
        if page:
            from retropod.cli.live_web import shown_pods

            feed.see = serving.enter_context(shown_pods(page, feed, control, wanted))
        if options().json:
            show_json(feed)
        elif sys.stdout.isatty():
            from retropod.cli.live_pods_screen import show_keyed

            show_keyed(feed, wanted, control)
        else:
            show_lines(feed, wanted.units)


def show_json(feed: PodsFeed) -> None:
    """Print one JSON object per line, with the pod and its foot.

    At the end: one `feet` per direction, one `end` per pod, and `plan` with a plan.
    """
    try:
        for one in feed:
            if one is not None and (values := as_json(one)) is not None:
                output.print_json({**values, "host_monotonic_s": round(time.monotonic(), 6)})
    finally:
        feed.shoes.stop()  # The run files are complete after it.
        for compared in feed.shoes.session_feet():
            output.print_json({"type": "feet", **compared.as_json()})
        for shoe in feed.shoes.shoes:
            output.print_json(_end_json(shoe))
        if feed.cues.score:
            output.print_json({"type": "plan", "plan": [one.as_json() for one in feed.cues.score.results()]})


def as_json(one: PodsItem) -> dict[str, Any] | None:
    """Return the JSON object of an item, None for a message that is not part of a stream."""
    if isinstance(one, Cue):
        return live_items.as_json(one, None)
    if isinstance(one.item, Ended):
        return None  # `PodFailures` has printed it.
    values = live_items.as_json(one.item, one.stride, one.shoe.stats.silent_s)
    if values is None:
        return None
    if one.stride is not None:
        values |= timefmt.stride_json(one.wall) | {"step": one.step.as_json() if one.step else None}
    return values | _identity(one.shoe)


def _identity(shoe: Shoe) -> dict[str, Any]:
    return {"pod": shoe.pod_id, "foot": None if shoe.side == "unknown" else shoe.side}


def _end_json(shoe: Shoe) -> dict[str, Any]:
    paths: list[Any] = []
    if shoe.kept:
        with suppress(OSError):  # `stored` tries again, and reports an error that persists.
            shoe.kept.finish()
        paths = shoe.kept.paths
    return {
        "type": "end",
        **_identity(shoe),
        "link": shoe.stats.link(),
        **live_items.totals(shoe.stats),
        "plan": None,
        "kept": paths,
    }


def show_lines(feed: PodsFeed, units: Units) -> None:
    """Print plain lines and the summary, for a pipe or a file."""
    lines = pods_view.PodsLines(feed.shoes)
    output.print_line(pods_view.HEADING)
    try:
        for one in feed:
            for line in lines.of(one):
                output.print_line(line.plain.rstrip())
            sys.stdout.flush()
            if one is None or isinstance(one, Cue) or isinstance(one.item, Ended):
                continue  # `PodFailures` has printed an end.
            if text := pods_view.remark(one):
                output.print_note(text)
    finally:
        output.print_rich(pods_view.ending(feed.shoes, units, feed.cues.score))
