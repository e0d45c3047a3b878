"""The host's decoders (C, construct) give the golden bytes the same meaning as the pod's."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from retropod.client import frames, wire
from retropod.errors import DamagedData, ProtocolMismatch
from retropod.runs import reader
from retrowire import codec

Vector = tuple[str, bytes, str]
SHARED = runpy.run_path(str(Path(__file__).resolve().parent / "shared" / "test_vectors.py"))
FRAMES: list[Vector] = SHARED["vectors"]("frames.txt")
RUNS: list[Vector] = SHARED["vectors"]("runs.txt")


def names(vectors: list[Vector]) -> list[str]:
    return [name for name, _, _ in vectors]


def plain(raw: Any) -> dict[str, Any]:
    """Return raw values in the form of a vector."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in raw.items() if name[0] != "_"}


SINCE = {row[0]: row[2] for row in codec.messages()}  # a vector has the fields of the first version with its message


def meaning_of(frame: frames.Frame) -> dict[str, Any]:
    meaning: dict[str, Any] = {"message": frame.id, "sequence": frame.sequence}
    if not codec.known(frame.id):
        return meaning | {"unknown": frame.payload.hex()}
    try:
        return meaning | {"values": plain(wire.decode(frame.id, frame.payload, SINCE[frame.id]).raw)}
    except wire.WireError:
        return meaning | {"error": "message too short"}


@pytest.mark.parametrize(("name", "data", "meaning"), FRAMES, ids=names(FRAMES))
@pytest.mark.parametrize("portion", [1, 7, 10_000])
def test_frames(name: str, data: bytes, meaning: str, portion: int) -> None:
    splitter = frames.Splitter()
    found = [frame for at in range(0, len(data), portion) for frame in splitter.feed(data[at : at + portion])]
    wanted = json.loads(meaning)
    assert [meaning_of(frame) for frame in found] == wanted["frames"], name
    assert splitter.damaged == wanted["damaged"] + wanted["oversize"]


@pytest.mark.parametrize(("name", "data", "meaning"), RUNS, ids=names(RUNS))
def test_runs(name: str, data: bytes, meaning: str) -> None:
    wanted = json.loads(meaning)
    if name == "damaged-header":  # the host reads the blocks by its own layouts and reports that
        headless = reader.parse(data)
        assert headless.headless and not headless.whole and headless.blocks
        return
    if "error" in wanted:
        with pytest.raises(ProtocolMismatch if name == "incompatible" else DamagedData):
            reader.parse(data)
        return
    run = reader.parse(data)
    assert plain(run.header.raw) == wanted["header"]
    assert [list(span) for span in run.damaged] == wanted["damaged"]
    held = {"strides": run.strides, "raw": run.raw, "events": run.events}
    for kind, records in held.items():
        kept = [record for block in wanted["blocks"] if block["kind"] == kind for record in block["records"]]
        assert len(records) == len(kept)
        if kind != "strides":
            assert [plain(message.raw) for message in records] == kept
        else:
            assert [stride.number for stride in records] == [record["number"] for record in kept]
