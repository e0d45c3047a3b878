"""The store after a kill at every write of each command that changes it: nothing is lost, and nothing is half done."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import season
from host.killing import files
from retropod.cli.commands import cli
from retropod.runs.index import FILES
from retropod.runs.store import Store

TESTS = Path(__file__).parents[1]
POD = "240ac40000000000"
OWN = f"{POD}/000001.rpr"
Files = dict[str, str]


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two runs, and one in the trash, all with tags. The index is up to date."""
    root = tmp_path / "template"
    root.mkdir()
    season.fill(Store(root), 3, 30, ["wearer 0"])
    monkeypatch.setenv("RETROPOD_RUNS", str(root))
    for words in (("tag", "1", "note=one"), ("tag", "2", "note=two"), ("tag", "3", "note=three"), ("rebuild",),
                  ("trash", "3", "--yes")):  # fmt: skip
        assert CliRunner().invoke(cli, words).exit_code == 0
    return root


def states(template: Path, words: str) -> list[dict]:
    """Return the state after each kill, and after the command at last ended."""
    command = [sys.executable, "-m", "host.killing", str(template), str(template.with_name("copy")), *words.split()]
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["died"] for one in found[-2:]] == [True, False] and len(found) > 4
    return found


def runs(found: Files) -> list[str]:
    """Return the contents of all runs, in the store and in the trash."""
    return [content for name, content in found.items() if name.endswith(".rpr")]


def in_store(found: Files) -> list[str]:
    return sorted(name for name in found if name.endswith(".rpr") and not name.startswith("trash/"))


def moves(before: Files, found: Files) -> None:
    """Every run exists. Its tags are next to it, or next to its copy between the two steps of a move."""
    assert set(runs(found)) == set(runs(before))
    for name in found:
        if name.endswith(".rpr"):
            other = name.removeprefix("trash/") if name.startswith("trash/") else f"trash/{name}"
            assert f"{name}.tags.json" in found or {other, f"{other}.tags.json"} <= found.keys(), name


def old_or_new(before: Files, found: Files) -> None:
    """Only the tags of one run differ."""
    tags = f"{OWN}.tags.json"
    assert {name: found[name] for name in found if name != tags} == {
        name: before[name] for name in before if name != tags
    }
    assert json.loads(bytes.fromhex(found[tags]))["note"] in ("one", "uno")


def others_stay(before: Files, found: Files) -> None:
    """No file is new, and those of other runs are unchanged."""
    assert found.items() <= before.items()
    assert {name for name in before if "000002" in name} <= found.keys()


@pytest.mark.parametrize(
    ("words", "check"),
    [("tag 1 note=uno", old_or_new), ("trash --restore 3", moves),
     ("trash 1 --for-good --yes", others_stay), ("trash --empty --yes", others_stay),
     ("rebuild", lambda before, found: None), ("runs --here", lambda before, found: None)],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_kill_at_any_write_loses_nothing(words: str, check: Callable[[Files, Files], None], template: Path) -> None:
    if words == "runs --here":  # It writes most without an index.
        for name in FILES:
            (template / name).unlink(missing_ok=True)
    before = files(template)
    for state in states(template, words):
        found = state["files"]
        assert state["code"] == 0, state["number"]
        assert state["listed"] == in_store(found), state["number"]
        check(before, found)
        if words in ("rebuild", "runs --here"):
            assert found == before


def test_a_kill_while_a_run_is_trashed_loses_nothing(template: Path) -> None:
    """Between the two steps of a rename, the run is in both places: the next command ends in the same state."""
    before, done = files(template), states(template, "trash 1 --yes")
    for state in done:
        assert (state["code"], state["listed"]) == (0, in_store(state["files"])), state["number"]
        moves(before, state["files"])
    both = [one for one in done if OWN in one["files"] and f"trash/{OWN}" in one["files"]]
    assert both
    copy = template.with_name("copy")
    for name in (OWN, f"{OWN}.tags.json"):
        (copy / name).write_bytes(bytes.fromhex(both[0]["files"][name]))
    ran = CliRunner(env={"RETROPOD_RUNS": str(copy)}).invoke(cli, ["trash", "1", "--yes"])
    assert ran.exit_code == 0, ran.output
    assert files(copy) == done[-1]["files"]
