"""Trash, tags and permissions of the store: nothing is lost, and nothing that must go remains."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import season
from jsondocs import faults
from retropod.cli.commands import cli
from retropod.errors import RetropodError
from retropod.runs import tags, wearers
from retropod.runs.index import NAME as INDEX
from retropod.runs.locked import locked
from retropod.runs.store import Store

POD = "240ac40000000000"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Four runs of two wearers."""
    root = tmp_path / "runs"
    root.mkdir()
    monkeypatch.setenv("RETROPOD_RUNS", str(root))
    return season.fill(Store(root), 4, 60, ["wearer 0", "wearer 1"])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def good(*arguments: str) -> Result:
    ran = run(*arguments)
    assert ran.exit_code == 0, ran.output
    if "--json" in arguments:
        assert faults(arguments[0], ran.stdout) == []
    return ran


def failure(*arguments: str) -> RetropodError:
    ran = run(*arguments)
    assert isinstance(ran.exception, RetropodError), ran.output
    return ran.exception


def contents(root: Path) -> dict[str, bytes]:
    """Return the files of a store that hold data, by path."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and INDEX not in path.name and path.name not in (".lock", "clock.jsonl")
    }


# -- tags


def test_tags_are_set_changed_removed_and_shown(store):
    assert good("tag", f"{POD}/1", "surface=grass", "grade=-6%", "note=left knee sore").stdout.strip() == (
        f"{POD}/1  grass, -6 %, left knee sore"
    )
    path = tags.path_of(store.path(POD, 1))
    assert json.loads(path.read_text()) == {"surface": "grass", "grade_percent": -6.0, "note": "left knee sore"}
    assert path.stat().st_mode & 0o777 == 0o600
    good("tag", f"{POD}/1", "grade=", "surface=road")
    shown = json.loads(good("tag", f"{POD}/1", "--json").stdout)
    assert shown["tags"] == {"surface": "road", "note": "left knee sore"}
    good("tag", f"{POD}/1", "note=", "surface=")
    assert not path.exists() and "-" in good("tag", f"{POD}/1").stdout


@pytest.mark.parametrize(
    "words", [["surface=mud"], ["grade=steep"], ["grade=nan"], ["grade=101"], ["wind=3"], ["note"],
              ["note=" + "x" * 5000], ["shoe=" + "x" * 101], ["shoe=red", "surface=mud"]]
)  # fmt: skip
def test_an_invalid_tag_changes_nothing(words, store):
    good("tag", f"{POD}/1", "shoe=blue")
    before = contents(store.root)
    assert failure("tag", f"{POD}/1", *words).exit_code == 2
    assert contents(store.root) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"[" * 50_000, b"3"])
def test_a_damaged_file_of_tags_is_reported_and_kept(content, store):
    path = tags.path_of(store.path(POD, 1))
    path.write_bytes(content)
    for words in ((), ("shoe=red",)):
        assert failure("tag", f"{POD}/1", *words).exit_code == 5
    assert path.read_bytes() == content
    assert len(good("runs", "--here", "--json").stdout.splitlines()) == 4


def test_keys_of_a_later_version_stay(store):
    path = tags.path_of(store.path(POD, 1))
    path.write_text('{"weather": {"wind": 3}}')
    good("tag", f"{POD}/1", "shoe=red")
    assert json.loads(path.read_text()) == {"weather": {"wind": 3}, "shoe": "red"}


def test_a_file_outside_the_store_gets_its_tags_next_to_it(store, tmp_path):
    loose = tmp_path / "x.rpr"
    loose.write_bytes(store.path(POD, 1).read_bytes())
    good("tag", str(loose), "shoe=red")
    assert tags.read(loose) == {"shoe": "red"}


def test_the_longest_tags_are_readable(store):
    longest = {"shoe": "\U0001f45f" * 100, "note": "\U0001f3c3" * 4000}
    good("tag", f"{POD}/1", *(f"{key}={value}" for key, value in longest.items()))
    assert tags.read(store.path(POD, 1)) == longest
    assert longest["note"] in tags.path_of(store.path(POD, 1)).read_text("utf-8"), "escapes take three times the bytes"
    good("tag", f"{POD}/1", "note=a\udc80b")
    assert tags.read(store.path(POD, 1))["note"] == "a?b"


def test_tags_that_would_not_be_readable_are_refused(store):
    path = tags.path_of(store.path(POD, 1))
    path.write_text(json.dumps({"weather": "\ud800" + "x" * 65_000}))
    good("tag", f"{POD}/1", "shoe=red")
    before = path.read_bytes()
    assert "the limit is 65536" in failure("tag", f"{POD}/1", "note=" + "x" * 1000).message
    assert path.read_bytes() == before


def test_only_a_run_has_tags(store, tmp_path):
    other = tmp_path / "some.txt"
    other.write_text("text")
    for words in ((), ("shoe=red",)):
        assert "is not a run file" in failure("tag", str(other), *words).message
    assert not tags.path_of(other).exists()


def test_a_damaged_copy_has_tags(store):
    copy = store.path(POD, 1).with_name("000001-12345678.damaged")
    copy.write_bytes(b"no header")
    good("tag", str(copy), "shoe=red")
    assert tags.read(copy) == {"shoe": "red"}


def test_a_full_disk_keeps_the_tags(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    good("tag", f"{POD}/1", "shoe=blue")
    before = contents(store.root)
    monkeypatch.setattr("os.fsync", full)
    ran = run("tag", f"{POD}/1", "shoe=red")
    assert isinstance(ran.exception, OSError) and contents(store.root) == before


_TAGGER = """
import sys
from retropod.cli import run
for number in range(15):
    assert run(["tag", sys.argv[1], sys.argv[2] + str(number)]) == 0
"""


def test_two_programs_that_tag_a_run_keep_the_tags_of_both(store):
    words = ("shoe=red ", "note=number ")
    programs = [subprocess.Popen([sys.executable, "-c", _TAGGER, f"{POD}/1", word], stdout=subprocess.DEVNULL)
                for word in words]  # fmt: skip
    assert [one.wait(timeout=100) for one in programs] == [0, 0]
    assert tags.read(store.path(POD, 1)) == {"shoe": "red 14", "note": "number 14"}


def test_a_program_that_keeps_the_lock_ends_the_command_with_one_line(store, monkeypatch):
    monkeypatch.setattr("retropod.runs.locked._WAIT_S", 0.05)
    with locked(store.root):
        assert "another program" in failure("tag", f"{POD}/1", "shoe=red").message
    good("tag", f"{POD}/1", "shoe=red")


# -- trash


def test_a_run_comes_back_from_the_trash_with_note_and_tags(store):
    good("tag", f"{POD}/1", "surface=grass")
    note = store.path(POD, 1).with_name("000001.rpr.sha256")
    note.write_text("00" * 32)
    before = contents(store.root)
    ran = good("trash", f"{POD}/1", "--yes")
    listed = ran.stdout.splitlines()[1]
    assert "2027-01-15" in listed and "wearer 0" in listed and f"{POD}/000001.rpr" in listed, "it is listed before"
    assert len(good("runs", "--here", "--json").stdout.splitlines()) == 3
    assert contents(store.root) == {
        (f"trash/{name}" if "000001" in name and POD in name else name): content for name, content in before.items()
    }
    (line,) = map(json.loads, good("trash", "--json").stdout.splitlines())
    assert line["name"] == "1" and line["state"] == "in the trash"
    good("trash", "--restore", "1", "--json")
    assert contents(store.root) == before
    assert "the trash is empty" in run("trash").stderr


def test_several_runs_and_the_last_one(store):
    good("trash", "last", f"{POD}/1", f"{POD}/1", "--yes", "--json")
    assert len(store.all()) == 2
    good("trash", "--restore", "last")
    assert len(store.all()) == 3


def test_a_run_that_was_fetched_again_does_not_lose_its_tags(store):
    path = store.path(POD, 1)
    content = path.read_bytes()
    good("tag", f"{POD}/1", "note=old")
    good("trash", f"{POD}/1", "--yes")
    path.write_bytes(content)
    good("tag", f"{POD}/1", "note=new")
    good("trash", "--restore", "1")
    assert tags.read(path) == {"note": "new"} and len(store.all()) == 4


def test_a_restored_run_does_not_replace_another_one(store):
    path = store.path(POD, 1)
    first = path.read_bytes()
    good("trash", f"{POD}/1", "--yes")
    path.write_bytes(season.day_file(1, 120, bytes.fromhex(POD), "new"))
    other = path.read_bytes()
    good("trash", "--restore", "1")
    assert path.read_bytes() == other and first in [one.path.read_bytes() for one in store.all()]


def test_confirmation_is_required(store, monkeypatch):
    before = contents(store.root)
    for words in (
        ("trash", f"{POD}/1"),
        ("trash", f"{POD}/1", "--json"),
        ("trash", "--wearer", "wearer 1", "--for-good"),
    ):
        assert failure(*words).hint == "add --yes"
    monkeypatch.setattr(
        "retropod.cli.trash.sys", type("Terminal", (), {"stdin": type("In", (), {"isatty": lambda: True})})
    )
    ran = CliRunner().invoke(cli, ["trash", f"{POD}/1"], input="n\n")
    assert ran.exit_code == 0 and "nothing was removed" in ran.output and contents(store.root) == before
    ran = CliRunner().invoke(cli, ["trash", f"{POD}/1"], input="y\n")
    assert ran.exit_code == 0 and len(store.all()) == 3


def test_a_path_names_a_run_of_the_store_only(store, tmp_path):
    loose = tmp_path / "x.rpr"
    loose.write_bytes(store.path(POD, 1).read_bytes())
    assert failure("trash", str(loose), "--yes").exit_code == 2 and loose.exists()
    good("trash", str(store.path(POD, 1)), "--yes")
    good("trash", "--restore", str(store.root / "trash" / POD / "000001.rpr"))
    assert len(store.all()) == 4


def test_the_trash_is_emptied(store):
    good("tag", f"{POD}/1", "shoe=red")
    good("trash", f"{POD}/1", f"{POD}/2", "--yes")
    ran = good("trash", "--empty", "--yes")
    assert [line.split()[0] for line in ran.stdout.splitlines()[1:3]] == ["1", "2"], "names, not paths"
    assert not (store.root / "trash" / POD).exists()
    assert not [name for name in contents(store.root) if POD in name]
    assert "the trash is empty" in run("trash").stderr
    good("trash", "--empty", "--yes")


def test_all_data_of_a_wearer_is_deleted(store):
    """Runs, trash, damaged copies, interrupted downloads, rescued files, facts, and the pages of the index."""
    good("tag", f"{POD}/1", "note=secret note")
    good("runs", "--here")
    good("trash", f"{POD}/2", "--yes")
    content = store.path(POD, 1).read_bytes()
    for name in (f"{POD}/000007-1234abcd.damaged", f"{POD}/000008.rpr.part", "rescued/run-x.rpr"):
        path = store.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (store.root / f"{POD}/000008.rpr.part.json").write_text("[[0, 9]]")
    (store.root / wearers.NAME).write_text('# us\n["wearer 0"]\nmass_kg = 60\n\n["wearer 1"]\nmass_kg = 70\n')
    ran = good("trash", "--wearer", "wearer 0", "--for-good", "--yes", "--json")
    assert len(ran.stdout.splitlines()) == 5
    left = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert b"wearer 0" not in left and b"secret note" not in left and left.count(b"wearer 1") >= 3
    assert wearers.read(store.root) == {"wearer 1": wearers.WearerFacts(mass_kg=70)}
    assert len(store.all()) == 2
    assert failure("trash", "--wearer", "wearer 0", "--for-good", "--yes").exit_code == 2


def test_facts_without_a_run_are_listed_and_confirmed(store):
    path = store.root / wearers.NAME
    path.write_text("[Eve]\nmass_kg = 60\n")
    ran = run("trash", "--wearer", "eve", "--for-good")
    assert isinstance(ran.exception, RetropodError) and ran.exception.hint == "add --yes"
    assert "the facts about Eve" in ran.exception.message and "facts about Eve" in ran.stdout
    assert wearers.read(store.root) == {"Eve": wearers.WearerFacts(mass_kg=60)}
    good("trash", "--wearer", "eve", "--for-good", "--yes")
    assert wearers.read(store.root) == {}


def test_the_case_of_a_wearer_is_ignored_and_the_names_are_stated(store):
    content = season.day_file(1, 60, bytes.fromhex(POD), "Wearer 0")
    store.path(POD, 9).write_bytes(content)
    ran = run("trash", "--wearer", "WEARER 0")
    assert isinstance(ran.exception, RetropodError) and "of Wearer 0, wearer 0" in ran.exception.message
    good("trash", "--wearer", "WEARER 0", "--yes")
    assert len(store.all()) == 2


def test_a_removal_for_good_names_the_other_files(store):
    others = [store.root / "rescued" / "image.bin", store.root / POD / "000003-12345678.rescued"]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"wearer 0")
    good("tag", f"{POD}/1", "shoe=red")
    ran = good("trash", "--wearer", "wearer 1", "--for-good", "--yes")
    assert "can name a wearer: " + ", ".join(map(str, sorted(others))) in ran.stderr
    assert "other" not in good("trash", "--wearer", "wearer 0", "--yes").stderr


def test_a_run_that_is_removed_twice_keeps_both_tags_in_the_trash(store):
    path, bin_ = store.path(POD, 1), store.root / "trash" / POD
    content = path.read_bytes()
    for note in ("old", "new", "new"):
        path.write_bytes(content)
        good("tag", f"{POD}/1", f"note={note}")
        good("trash", f"{POD}/1", "--yes")
    found = sorted(json.loads(one.read_text())["note"] for one in bin_.glob("*.tags*"))
    assert found == ["new", "old"] and tags.read(bin_ / path.name) == {"note": "old"}
    good("trash", "--empty", "--yes")
    assert not bin_.exists()


def test_tags_of_a_missing_run_do_not_replace_those_of_the_trash(store):
    path = store.path(POD, 1)
    good("tag", f"{POD}/1", "note=old")
    good("trash", f"{POD}/1", "--yes")
    tags.path_of(path).write_text('{"note": "orphan"}')
    good("runs", "--here")
    assert tags.read(store.root / "trash" / POD / path.name) == {"note": "old"}


def test_a_wearer_moves_to_the_trash_and_damaged_files_are_named(store):
    (store.root / f"{POD}/000009.rpr").write_bytes(b"RPR damaged")
    ran = good("trash", "--wearer", "wearer 0", "--yes")
    assert len(store.all()) == 3 and "warning: the wearer of these files is unknown" in ran.stderr
    assert "000009.rpr" in ran.stderr


def test_one_run_is_deleted_for_good(store):
    good("trash", f"{POD}/1", "--for-good", "--yes")
    assert len(store.all()) == 3 and not (store.root / "trash").exists()


@pytest.mark.parametrize(
    "words", ["--restore", "--restore 1 --empty", "1 --empty", "1 --wearer x", "--for-good", "--restore 1 --for-good",
              "--restore 7 --yes", "7 --yes", "--wearer nobody --yes", "../../etc/passwd --yes"]
)  # fmt: skip
def test_contradictions_and_unknown_runs_are_refused(words, store):
    before = contents(store.root)
    assert failure("trash", *words.split()).exit_code == 2
    assert contents(store.root) == before


def test_a_run_that_fails_does_not_stop_the_others(store, monkeypatch):
    move = __import__("retropod.durable", fromlist=["x"]).move_new

    def full(source, path):
        if "000001" in path.name:
            raise OSError(28, "No space left on device")
        return move(source, path)

    monkeypatch.setattr("retropod.durable.move_new", full)
    ran = run("trash", f"{POD}/1", f"{POD}/2", "--yes", "--json")
    assert isinstance(ran.exception, RetropodError) and ran.exception.exit_code == 1
    assert "no space left" in ran.exception.message and faults("trash", ran.stdout) == []
    assert [one.run for one in store.all() if one.pod_id == POD] == [1]


# -- facts about wearers


@pytest.mark.parametrize(
    ("text", "cause"),
    [("[", "not valid TOML"), ("x = 3", "not a table"), ("[x]\nmass_kg = 3000", "3000"), ("[x]\nmass_kg = nan", "nan"),
     ("[x]\nmass = 3", "mass = 3"), ('[x]\nmass_kg = "a"', "mass_kg = a"), ("[x]\nmass_kg = true", "True")],
)  # fmt: skip
def test_wrong_facts_are_named(text, cause, tmp_path):
    (tmp_path / wearers.NAME).write_text(text)
    with pytest.raises(RetropodError, match=cause):
        wearers.read(tmp_path)


def test_the_documented_example_is_valid(repo_root, tmp_path):
    text = (repo_root / "docs" / "store.md").read_text("utf-8")
    (tmp_path / wearers.NAME).write_text(text.split("```toml\n")[1].split("```")[0])
    assert wearers.read(tmp_path)["Ada"] == wearers.WearerFacts(61.5, 1.7, 1990)


def test_an_entry_of_unusual_form_is_left_to_the_user(tmp_path):
    path = tmp_path / wearers.NAME
    path.write_text("x = {mass_kg = 60}\ny.mass_kg = 70\n")
    with pytest.raises(RetropodError, match="unusual form"):
        wearers.remove(tmp_path, "x")
    assert len(wearers.read(tmp_path)) == 2 and not wearers.remove(tmp_path, "z")


# -- permissions


def loose(root: Path) -> list[Path]:
    return [path for path in (root, *root.rglob("*")) if path.stat().st_mode & 0o077]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_an_older_store_becomes_private_and_that_is_said_once(store):
    good("trash", f"{POD}/2", "--yes")
    for path in (store.root, *store.root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    first, second = good("runs", "--here"), good("runs", "--here")
    assert "other users have no access any more to" in first.stderr and second.stderr == ""
    assert loose(store.root) == []


def test_new_files_of_every_command_are_private(store):
    good("tag", f"{POD}/1", "shoe=red")
    good("trash", f"{POD}/2", "--yes")
    good("rebuild")
    assert loose(store.root) == []


def test_other_files_in_the_folder_keep_their_permissions(store):
    """RETROPOD_RUNS can be the home of a user."""
    other = store.root / "photos" / "cat.jpg"
    other.parent.mkdir()
    other.write_bytes(b"cat")
    for path in (store.root, other.parent):
        path.chmod(0o755)
    other.chmod(0o644)
    good("runs", "--here")
    assert set(loose(store.root)) == {store.root, other.parent, other}


def test_the_progression_and_rescued_files_are_private(store):
    rescued = store.root / "rescued" / "image.bin"
    rescued.parent.mkdir()
    rescued.write_bytes(b"image")
    (store.root / "progression.toml").write_text("")
    for path in (store.root, *store.root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    good("runs", "--here")
    assert loose(store.root) == []


def test_a_run_in_a_folder_of_a_user_changes_only_itself(store):
    folder = store.root / "training"
    folder.mkdir()
    run_, script = folder / "000001.rpr", folder / "backup.sh"
    for path in (run_, script):
        path.write_bytes(store.path(POD, 1).read_bytes())
        path.chmod(0o755)
    folder.chmod(0o755)
    good("runs", "--here")
    assert set(loose(folder)) == {folder, script}
    assert run_.stat().st_mode & 0o777 == 0o700, "the bits of the owner stay"


def test_the_hint_for_an_unknown_run_of_the_trash_names_its_list(store):
    assert "`retropod runs --here`" in failure("trash", "--restore", "7").hint, "the trash is empty"
    good("trash", str(store.path(POD, 1)), "--yes")
    assert "`retropod trash`" in failure("trash", "--restore", "7").hint
