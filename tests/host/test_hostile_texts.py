"""Hostile names and notes in every output: the text is shown or escaped, and never executed."""

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import season
from host.test_export import is_formula
from host.test_export_fit import messages
from host.test_plaintext import dangerous
from host.test_report import Elements
from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.runs.store import Store
from season import Bout

TEXTS = {
    "script": "<script>x()",
    "attribute": '" onload=x() a="',
    "template": "{{ 7 * 7 }}",
    "SQL": "'); DROP TABLE",
    "path": "../../../../evil",
    "absolute path": "/evil",
    "formula": "=1+cmd|'x'!A1",
    "formula after a tab": "\t@SUM(A1)",
    "escape sequence": "\x1b]0;x\x07\x1b[2J",
    "line": "a\nerror: b",
    "bidi": "\u202eevil\u2066",
    "zero": "a\0b",
    "form": "%s{0}%n",
    "option": "--for-good",
}
BOUTS = (Bout("forward", 20), Bout("backward", 20, pause_s=5.0))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.setenv("RETROPOD_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.chdir(tmp_path / "work")
    return Store()


def ran(*words: str) -> str:
    reset()
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0 and done.exception is None, (words, done.output)
    return done.output


def terminal(text: str, wearer: str) -> None:
    for words in (("show", "1"), ("runs", "--here"), ("tag", "1"), ("trash", "1", "--yes"), ("trash",),
                  ("trash", "--restore", "1"), ("runs", "--here", "--wearer", wearer)):  # fmt: skip
        printed = ran(*words)
        assert dangerous(printed.replace("\n", "")) == [], words
        assert not [line for line in printed.splitlines() if line.startswith("error")]


def json_lines(text: str, wearer: str) -> None:
    assert json.loads(ran("show", "1", "--json").splitlines()[0])["wearer"] == wearer
    (listed,) = map(json.loads, ran("runs", "--here", "--json").splitlines())
    assert (listed["wearer"], listed["tags"]["note"]) == (wearer, text.strip())


@pytest.fixture
def no_plots(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the plots, which contain no text of a user and take 1 s: one text shows this."""
    if text != TEXTS["script"]:
        monkeypatch.setattr("retropod.report.plots._svg", lambda *_: "")


def html(text: str, wearer: str) -> None:
    for words in (("report", "1"), ("report", "--since", "2020-01-01")):
        ran(*words, "--output", "report.html")
        page = Path("report.html").read_text("utf-8")
        found = Elements(page)
        assert {name for name, _ in found.tags}.isdisjoint({"script", "img", "iframe", "form"})
        places = {f"#{keys['id']}" for _, keys in found.tags if "id" in keys}
        assert all(set(keys) == {"href"} and keys["href"] in places for name, keys in found.tags if name == "a")
        assert not [key for _, keys in found.tags for key in keys if key.startswith("on")]
        assert dangerous(page.replace("\n", "")) == []
        assert "49" not in found.text.partition("Directions")[0]


def tables(text: str, wearer: str) -> None:
    ran("export", "1", "--format", "csv")
    for path in Path("retropod-export").glob("*.csv"):
        with path.open(newline="", encoding="utf-8-sig") as lines:
            for row in csv.DictReader(lines):
                assert not [cell for cell in row.values() if is_formula(cell) or dangerous(cell)]
    ran("export", "1", "--format", "jsonl")
    content = (Path("retropod-export") / "retropod.jsonl").read_text("ascii")
    assert [json.loads(line) for line in content.splitlines()]


def fit(text: str, wearer: str) -> None:
    ran("export", "1", "--format", "fit")
    (path,) = Path("retropod-export").iterdir()
    found = messages(path)
    assert len(found["lap"]) == 3 and len(found["session"]) == 1


def index(text: str, wearer: str) -> None:
    ran("rebuild")
    store = Store()
    (one,) = store.index.runs()
    assert one.wearer == wearer
    with closing(sqlite3.connect(store.index.path)) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)


@pytest.mark.parametrize("output", [terminal, json_lines, html, tables, fit, index], ids=lambda one: one.__name__)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_hostile_text_is_only_text(
    text: str, output: Callable[[str, str], None], store: Store, no_plots: None, tmp_path: Path
) -> None:
    encoded = text.encode()[:16]
    season.stored(store, season.run_file(BOUTS, [110.0], wearer=encoded, name=encoded))
    ran("tag", "1", f"note={text}", f"shoe={text}")
    output(text, encoded.decode("utf-8", "ignore"))
    assert {path.name for path in tmp_path.iterdir()} == {"work", "store"}
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name and path.parent.name != "retropod-export"]
