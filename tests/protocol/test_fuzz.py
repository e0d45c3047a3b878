"""Random mutations, truncations and splices of a stream of frames, on the pod's runtime with the heap locked."""

from pathlib import Path

import pytest

import runtimes

SCRIPT = Path(__file__).resolve().parent / "onpod" / "fuzz.py"


def counts_of(output: str) -> dict[str, int]:
    return {name: int(value) for name, value in map(str.split, output.splitlines())}


def check(counts: dict[str, int], mutations: int) -> None:
    """The script compares every frame. This test checks the number of mutations and the work per byte."""
    assert counts["mutations"] == mutations
    assert counts["untouched"] > mutations * 0.9, "most segments keep a whole frame"
    assert counts["damaged"] > mutations * 0.9, "most mutations hit a frame"
    assert counts["decoded"] >= counts["untouched"]
    assert counts["oversize"] > 0
    assert counts["bytes"] > 100 * mutations
    # in addition to one step per byte: no byte is checksummed twice
    assert counts["checked"] <= counts["bytes"]
    assert counts["buffer"] == 600


def test_mutated_frames(micropython: Path, repo_root: Path) -> None:
    check(counts_of(runtimes.unix(micropython, SCRIPT, repo_root / "protocol", "10000", "1")), 10_000)


@pytest.mark.gate
def test_a_hundred_thousand_mutated_frames(micropython: Path, repo_root: Path) -> None:
    check(counts_of(runtimes.unix(micropython, SCRIPT, repo_root / "protocol", "100000", "2")), 100_000)


def test_a_missing_frame_is_noticed(micropython: Path, repo_root: Path, tmp_path: Path) -> None:
    source = SCRIPT.read_text("utf-8")
    deaf = tmp_path / "deaf.py"
    deaf.write_text(source.replace("if decoder.push(byte):", "if decoder.push(byte) and counts['mutations'] % 10:"))
    assert deaf.read_text() != source
    with pytest.raises(AssertionError, match="untouched"):
        runtimes.unix(micropython, deaf, repo_root / "protocol", "500", "1")
