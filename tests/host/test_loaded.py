"""Tags of a run and the mass of its wearer, in every output that shows the run."""

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import season
from host.schemas import checked
from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.runs import tags
from retropod.runs.loaded import load
from retropod.runs.store import Store
from season import Bout

HILL = {"surface": "hill", "grade_percent": 6.0, "shoe": "red", "note": "left knee sore"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with a tagged run of a wearer of 60 kg."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    store = Store()
    path = season.stored(store, season.run_file([Bout("backward", 40, 184.0, 0.21, 1.1)], wearer=b"Ada"))
    tags.change(store.root, path, ["surface=hill", "grade=6", "shoe=red", "note=left knee sore"])
    (store.root / "wearers.toml").write_text("[Ada]\nmass_kg = 60\n")
    return store


def ran(*arguments: str) -> Result:
    reset()
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exception is None, done.stderr
    return done


def energy_kj(store: Store) -> float | None:
    backward = load(store, store.find("last")).analysis().direction("backward")
    return backward.values["energy_kj"].value if backward else None


def test_the_energy_follows_mass_and_grade(store: Store) -> None:
    uphill = energy_kj(store)
    tags.change(store.root, store.find("last"), ["grade="])
    level = energy_kj(Store())
    (store.root / "wearers.toml").write_text("[Ada]\nmass_kg = 30\n")
    half = energy_kj(Store())
    assert uphill and level and half
    assert uphill > 1.15 * level
    assert half == pytest.approx(level / 2)


def test_there_is_no_energy_downhill(store: Store) -> None:
    tags.change(store.root, store.find("last"), ["grade=-6"])
    assert energy_kj(store) is None


@pytest.mark.usefixtures("store")
def test_show_and_report_have_the_tags_and_the_mass() -> None:
    words = " ".join(ran("show", "last").stdout.split())
    assert "wearer Ada, 60 kg, foot left" in words
    assert "tags hill, 6 %, red, left knee sore" in words
    head = checked("show", ran("show", "last", "--json").stdout)[0]
    assert (head["tags"], head["mass_kg"]) == (HILL, 60)
    ran("report", "last", "--output", "report.html")
    assert "hill, 6 %, red, left knee sore" in Path("report.html").read_text("utf-8")


def test_the_energy_has_its_evidence_and_the_name_any_case(store: Store) -> None:
    content = season.run_file([Bout("backward", 40, 184.0, 0.21, 1.1), Bout("lateral_left", 10)], wearer=b"ada")
    season.stored(store, content, "00000000000000ab")
    lines = ran("show", "00000000000000ab/1").stdout.partition("energy of running")[2].splitlines()
    assert re.fullmatch(r"backward: (\d\.\d) to (\d\.\d) kcal \(\d+\.\d to \d+\.\d kJ\)", lines[1])
    assert "sideways: - (not defined sideways)" in lines
    assert "Wright & Weyand 2001" in " ".join(lines)


@pytest.mark.parametrize(("year", "valid"), [("1980", True), ("1980.5", False)])
def test_a_year_of_birth_is_a_whole_number(year: str, valid: bool, store: Store) -> None:
    (store.root / "wearers.toml").write_text(f"[Ada]\nbirth_year = {year}\nmass_kg = 60\n")
    assert (energy_kj(Store()) is not None) == valid


@pytest.mark.usefixtures("store")
def test_the_table_of_runs_has_the_tags() -> None:
    ran("export", "last", "--table", "runs")
    with Path("retropod-export/runs.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert {key: row[key] for key in HILL} == {key: str(value) for key, value in HILL.items()}


def test_unreadable_tags_and_facts_do_not_hide_the_run(store: Store) -> None:
    tags.path_of(store.find("last")).write_text("{")
    (store.root / "wearers.toml").write_text("[")
    done = ran("show", "last")
    assert "backward" in done.stdout and "tags" not in done.stdout
    assert "is not a valid file of tags" in done.stderr
    assert "wearers.toml is not valid TOML" in done.stderr


@pytest.mark.parametrize("command", [["show", "last"], ["report", "last"], ["export", "last"], ["import", "x.rpr"]])
def test_each_command_restricts_the_store_to_its_owner(command: list[str], store: Store) -> None:
    Path("x.rpr").write_bytes(store.find("last").read_bytes())
    store.root.chmod(0o755)
    assert "other users have no access any more" in ran(*command).stderr
    assert store.root.stat().st_mode & 0o077 == 0
