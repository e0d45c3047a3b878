"""A store of an earlier version: its header lacks later fields, its index has other tables, others may read it."""

import json
import runpy
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.runs.indextables import VERSION
from retropod.runs.store import Store

POD = "246f28aabbcc0000"
COMMANDS = (
    ("show", "1"), ("export", "1", "--format", "csv"), ("export", "1", "--format", "jsonl"), ("tag", "1", "note=knee"),
    ("report", "1", "--output", "report.html"), ("rebuild",), ("trash", "1", "--yes"), ("trash", "--restore", "1"),
)  # fmt: skip


def ran(*words: str) -> str:
    reset()
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0 and done.exception is None, (words, done.output)
    return done.stdout


@pytest.fixture
def old(repo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a run of the first protocol version, in a store with an index of an earlier version."""
    vectors = runpy.run_path(str(repo_root / "tests/protocol/shared/test_vectors.py"))["vectors"]("runs.txt")
    content = next(one[1] for one in vectors if one[0] == "whole")
    path = tmp_path / "store" / POD / "000001.rpr"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    path.chmod(0o644)
    with closing(sqlite3.connect(tmp_path / "store" / "index.sqlite")) as database:
        database.executescript(f"CREATE TABLE runs (old TEXT); PRAGMA user_version={VERSION - 1}")
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return path


def test_an_older_store_is_used_and_nothing_is_lost(old: Path) -> None:
    content = old.read_bytes()
    for words in COMMANDS:
        ran(*words)
        listed = [json.loads(line)["wearer"] for line in ran("runs", "--here", "--json").splitlines()]
        assert listed == (["Zoë"] if old.exists() else [])
    assert old.read_bytes() == content
    assert json.loads(ran("tag", "1", "--json"))["tags"]["note"] == "knee"
    with closing(sqlite3.connect(Store().index.path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)
