"""Commands on damaged stores by seed: an intact run is never lost, whatever the other files contain."""

import random
from collections.abc import Sequence
from pathlib import Path

from fuzz.mutate import mutated
from fuzz.targets import Case, run_file, spoil

POD = "240ac40000010000"
_COMMANDS: Sequence[Sequence[str]] = (
    ("show", "1"), ("--json", "show", "1"), ("show", "last"), ("report", "1", "--output", "OUT/report.html"),
    ("report", "--since", "2000-01-01", "--output", "OUT/since.html"), ("runs", "--here"), ("--json", "runs", "--here"),
    ("export", "1", "2", "--format", "csv", "--output", "OUT/csv"),
    ("export", "1", "2", "--format", "jsonl", "--output", "OUT/jsonl"),
    ("export", "--since", "2000-01-01", "--format", "parquet", "--output", "OUT/parquet"),
    ("export", "1", "--format", "fit", "--output", "OUT/fit"),
    ("export", "2", "--format", "npz", "--output", "OUT/npz"),
    ("import", "OUT/given.rpr"), ("--json", "import", "OUT/given.rpr"), ("rebuild",),
    ("tag", "1", "note=\x1b[2J'; DROP TABLE runs;--", "surface=grass"), ("tag", "2", "note="), ("tag", "1"),
    ("trash", "2", "--yes"), ("trash",), ("trash", "--restore", "2"), ("trash", "2", "--for-good", "--yes"),
    ("trash", "--empty", "--yes"), ("trash", "--wearer", "Ada", "--yes"),
)  # fmt: skip
_HELPERS = (
    "clock.jsonl", "000001.rpr.tags.json", "000001.rpr.sha256", "000002.rpr.tags.json", "000002.rpr.sha256",
    "000003.rpr.part", "../wearers.toml", "../index.sqlite", "../index.sqlite-wal", "../trash",
)  # fmt: skip
_EACH = 5  # commands


def stores(base: bytes, seed: int, folder: Path) -> Case:
    """Run commands on a store with an intact run 1, a hostile run 2, and hostile files next to them."""
    chance = random.Random(seed)
    pod, out = folder / "runs" / POD, folder / "out"
    for made in (pod, out):
        made.mkdir(parents=True, exist_ok=True)
    (pod / "000001.rpr").write_bytes(base)
    (pod / "000002.rpr").write_bytes(run_file(base, chance))
    (out / "given.rpr").write_bytes(run_file(base, chance))
    for name in chance.sample(_HELPERS, 4):
        spoil(pod / name, chance)
    case = Case()
    for words in chance.sample(_COMMANDS, _EACH):
        case.command(*(word.replace("OUT", str(out)) for word in words))
        if chance.random() < 0.3:
            _damage_index(folder / "runs" / "index.sqlite", chance)
    return case.call(lambda: check_kept(folder / "runs", base)).call(lambda: check_outside(folder))


def _damage_index(path: Path, chance: random.Random) -> None:
    if path.is_file() and path.stat().st_size:
        path.write_bytes(mutated(path.read_bytes(), chance))


def check_kept(root: Path, base: bytes) -> None:
    """Fail if no file of the store or of its trash has the contents of the intact run."""
    kept = [path for path in root.rglob("000001*.rpr") if path.read_bytes() == base]
    assert kept, sorted(map(str, root.rglob("*")))


def check_outside(folder: Path) -> None:
    """Fail if a command wrote a file outside its folders."""
    assert {path.name for path in folder.iterdir()} <= {"runs", "out", "logs", "stdout", "stderr"}
