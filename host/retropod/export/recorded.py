"""Import of a recording of another sensor into the store."""

from pathlib import Path

from retropod.errors import DamagedData
from retropod.export.engine import RecordingFacts, recording_id, through_engine
from retropod.export.intake import Imported, keep
from retropod.recording import Recording
from retropod.runs import reader, tags, trash
from retropod.runs.store import Store, Stored

_RUN = 1  # A recording has one run.


def keep_recording(store: Store, held: Recording, about: RecordingFacts) -> Imported:
    """Store the run of a recording, unless the store has it. Raises OSError and the errors of `through_engine`.

    If wearer or start differ from those of the stored run, that run goes to the trash. The new run gets its tags, and
    the facts that `about` does not state.
    """
    pod_id = recording_id(held, about.name)
    stored = [(path, run) for path in store.copies(pod_id, _RUN) if (run := _readable(path)) is not None]
    for path, run in stored:
        known = _facts(run)
        if _completed(about, known)[1:] == known[1:]:
            return Imported(path, pod_id, _RUN, len(run.strides), True)
    made = through_engine(held, _completed(about, _facts(stored[0][1])) if stored else about)
    earlier = [trash.throw_away(store, Stored(pod_id, _RUN, path)) for path, _ in stored]
    done = keep(store, made.content, pod_id, _RUN, made.strides)
    for path in earlier:
        tags.copy(path, done.path)
    return done


def _readable(path: Path) -> reader.Run | None:
    try:
        return reader.read(path)
    except (DamagedData, OSError):
        return None


def _facts(run: reader.Run) -> RecordingFacts:
    header = run.header
    start_s = header.seconds("epoch") if header.clock_state == "synced" else None
    return RecordingFacts(header.name or "", header.wearer or "", start_s)


def _completed(about: RecordingFacts, known: RecordingFacts) -> RecordingFacts:
    """Return the facts, those that are not stated from a stored run."""
    return RecordingFacts(
        about.name, about.wearer or known.wearer, known.start_s if about.start_s is None else about.start_s
    )
