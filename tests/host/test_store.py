"""The store: names of runs, copies that are damaged, helper files that are not to be trusted."""

import hashlib
import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.runfiles import block, run_file
from host.tinypod import TinyPod
from retropod.cli.commands import cli
from retropod.cli.options import Options
from retropod.client.pod import Pod
from retropod.errors import RetropodError, UsageError
from retropod.runs.download import NotSaved, download
from retropod.runs.store import Store, digest
from retrowire import schema

POD = "0102030405060708"
RUN = run_file(1, 20)
OTHER = run_file(1, 30, uptime_s=77)  # the number 1 again, after the flash of the pod was erased


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TinyPod:
    """A pod with one run, for commands that use the store of the test."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    fake = TinyPod()
    fake.runs = {1: RUN}
    monkeypatch.setattr(Options, "connect", lambda options: Pod(fake))
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def objects(ran: Result) -> list[dict]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


def failure(ran: Result) -> RetropodError:
    assert isinstance(ran.exception, RetropodError), ran.output
    return ran.exception


def fetch(content: bytes, store: Store) -> Path:
    with Pod(TinyPod(content)) as pod:
        return download(pod, store, 1).path


def flip(path: Path, at: int = -200) -> bytes:
    """Damage one byte of a file and return the new contents."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)
    return bytes(content)


def here_column(ran: Result) -> str:
    return ran.stdout.splitlines()[1].split()[-1]


# -- names


def test_two_runs_of_one_number_are_each_shown_by_the_name_that_is_printed(store, pod):
    paths = [fetch(RUN, store), fetch(OTHER, store)]
    printed = [one["name"] for one in objects(run("runs", "--here", "--json"))]
    assert sorted(store.find(name) for name in printed) == sorted(paths)
    for name in printed:
        assert run("show", name).exit_code == 0
    with pytest.raises(UsageError) as refused:
        store.find("1")
    hinted = refused.value.hint.removeprefix("give one of ").split(", ")
    assert {store.find(name) for name in hinted} == set(paths)


def test_every_form_of_a_name_finds_its_run(store):
    path, second = fetch(RUN, store), fetch(OTHER, store)
    mark = digest(second).hex()
    for name in (f"{POD}/1-{mark[:8]}", f"{POD}/000001-{mark[:8]}", f"0102/1-{mark}", f"1-{mark[:4]}", str(second)):
        assert store.find(name) == second, name
    second.unlink()
    for name in ("1", "000001", f"{POD}/1", f"{POD.upper()}/1", "01/1", str(path)):
        assert store.find(name) == path, name


def test_the_name_of_a_pod_finds_its_runs(store, monkeypatch):
    path = fetch(RUN, store)
    named = {"name": b"my left\n shoe".ljust(24, b"\0")}
    monkeypatch.setattr("retropod.runs.store.header_values", lambda path: named)
    assert store.find("my left\n shoe/1") == path
    with pytest.raises(UsageError):
        store.find("my right shoe/1")


@pytest.mark.parametrize("name", ["2", "", "/", "1-", "\u00b2", "x/1", "1" * 5000, "a\0b", "1-zz", "../1", "1/1/1"])
def test_a_name_of_no_run_is_refused(name, store):
    fetch(RUN, store)
    with pytest.raises(UsageError, match="no such run or file"):
        store.find(name)


def test_commands_accept_the_name_of_a_run_of_the_pod(pod, store):
    mark = hashlib.sha256(RUN).hexdigest()
    assert run("download", f"{POD[:6]}/1-{mark[:8]}").exit_code == 0
    for other in ("ff/1", f"1-{mark[:8][::-1]}", "two", "2"):
        assert failure(run("erase", other)).exit_code == 2
    assert pod.erased == []
    assert run("erase", f"tiny/{1}").exit_code == 0 and pod.erased == [1]


def test_the_hints_of_refusals_work(pod, store):
    """Each command that a hint prints is executed."""
    refused = failure(run("erase", "1"))
    fetched = refused.hint.removeprefix("run `retropod ").removesuffix("`")
    assert run(*shlex.split(fetched)).exit_code == 0 and run("erase", "1").exit_code == 0
    listed = failure(run("show", "7")).hint.split("`")[1]
    assert run(*shlex.split(listed)[1:]).exit_code == 0


def test_hints_quote_names_for_the_shell(store):
    fetch(RUN, store), fetch(OTHER, store)
    store.path(POD, 1).parent.rename(store.root / "my pod; x")
    with pytest.raises(UsageError) as refused:
        store.find("1")
    hinted = shlex.split(refused.value.hint.removeprefix("give one of ").replace(", ", " "))
    assert {store.find(name) for name in hinted} == {one.path for one in store.all()}


# -- one answer to whether a run is here


def test_runs_erase_and_download_agree_on_a_run_that_is_here(pod, store):
    fetch(OTHER, store)
    assert here_column(run("runs")) == "no"
    assert failure(run("erase")).exit_code == 1 and pod.erased == []
    run("download")
    assert here_column(run("runs")) == "yes", "its file has the digest in its name"
    assert objects(run("download", "--json"))[0]["already"] is True
    assert run("erase").exit_code == 0 and pod.erased == [1]


def test_another_run_of_the_same_size_is_not_taken_for_the_run(pod, store):
    fetch(RUN, store)
    pod.runs[1] = RUN[:-1] + bytes([RUN[-1] ^ 1])
    assert here_column(run("runs")) == "no"
    assert failure(run("erase")).exit_code == 1 and pod.erased == []


def test_with_a_known_start_no_digest_is_needed(store):
    content = run_file(1, 8, epoch_s=1_800_000_000)
    path = fetch(content, store)

    def ask():
        raise AssertionError("the pod would read the whole run")

    assert store.held(POD, 1, len(content), 1_800_000_000, ask).path == path
    assert store.held(POD, 1, len(content) + 50, 1_800_000_000, ask).path is None, "it was still being recorded"
    other = hashlib.sha256(b"").digest()
    assert store.held(POD, 1, len(content), 1_800_000_001, lambda: other).path is None


def test_a_pod_that_does_not_send_a_digest_leaves_the_answer_open(pod, store):
    fetch(RUN, store)
    pod.refuse[schema.DIGEST_GET] = "failed"
    assert here_column(run("runs")) == "unknown"
    assert objects(run("runs", "--json"))[0]["here"] is None


# -- damaged copies


def test_a_damaged_copy_is_reported_fetched_again_and_kept(pod, store):
    path = fetch(RUN, store)
    damaged = flip(path)
    assert here_column(run("runs")) == "damaged" and objects(run("runs", "--json"))[0]["here_damaged"]
    assert failure(run("runs", "--here")).exit_code == 5
    assert failure(run("show", "1")).exit_code == 5
    ran = run("download")
    assert ran.exit_code == 0 and "damaged copy" in ran.stderr
    (aside,) = store.set_aside()
    assert path.read_bytes() == RUN and aside.path.read_bytes() == damaged
    assert str(aside.path) in ran.stderr
    assert [one.path for one in store.all()] == [path]
    assert run("show", "1").exit_code == 0 and here_column(run("runs")) == "yes"
    listed = {one["name"]: one["state"] for one in objects(run("runs", "--here", "--json"))}
    assert sorted(listed.values()) == ["damaged", "verified"]
    assert {store.find(name) for name in listed} == {path, aside.path}


def test_download_names_the_damaged_copy_in_json(pod, store):
    flip(fetch(RUN, store))
    (done,) = objects(run("download", "--json"))
    assert [Path(path) for path in done["set_aside"]] == [one.path for one in store.set_aside()]


def test_a_damaged_copy_next_to_a_good_one_is_set_aside_too(pod, store):
    """Earlier versions stored the second file next to the damaged one."""
    path = fetch(RUN, store)
    good = store.path(POD, 1).with_name(f"000001-{digest(path).hex()[:8]}.rpr")
    good.write_bytes(RUN)
    flip(path)
    assert store.find("1") == good
    assert run("download").exit_code == 0
    assert [one.path for one in store.all()] == [good] and len(store.set_aside()) == 1


def test_a_damaged_copy_of_a_run_that_the_pod_lost_stays(pod, store):
    path = fetch(OTHER, store)
    damaged = flip(path)
    assert run("download").exit_code == 0
    assert path.read_bytes() == damaged and not store.set_aside()
    assert len(store.all()) == 2
    pod.runs = {}
    shown = run("show", next(store.name(one) for one in store.all() if one.path == path))
    assert "missing: " in shown.output and failure(shown).exit_code == 5


@pytest.mark.parametrize("note", [None, b"", b"\xff\xfe\x00", b"ab" * 20, b"0" * 100_000, "folder"])
def test_a_copy_without_a_valid_note_loses_nothing(note, pod, store):
    path = fetch(RUN, store)
    beside = path.with_name(path.name + ".sha256")
    beside.unlink()
    if note == "folder":
        beside.mkdir()
    elif note is not None:
        beside.write_bytes(note)
    assert here_column(run("runs")) == "yes"
    assert objects(run("download", "--json"))[0]["already"] is True
    assert path.read_bytes() == RUN
    assert note == "folder" or store.recorded_digest(path) == digest(path), "it is restored"


def test_a_wrong_note_of_an_intact_copy_is_corrected(pod, store):
    path = fetch(RUN, store)
    note = path.with_name(path.name + ".sha256")
    note.write_text("00" * 32)
    assert here_column(run("runs")) == "yes"
    assert objects(run("download", "--json"))[0]["already"] is True and store.state(path) == "verified"
    note.write_text("00" * 32)
    assert run("erase").exit_code == 0 and pod.erased == [1]


def test_a_damaged_copy_without_a_note_is_recognised_by_its_checksums(pod, store):
    path = fetch(RUN, store)
    path.with_name(path.name + ".sha256").unlink()
    damaged = flip(path)
    run("download")
    assert path.read_bytes() == RUN and store.set_aside()[0].path.read_bytes() == damaged


def test_a_cut_copy_is_fetched_again_and_kept(pod, store):
    path = fetch(RUN, store)
    path.write_bytes(RUN[:-100])
    run("download")
    assert path.read_bytes() == RUN and store.set_aside()[0].path.read_bytes() == RUN[:-100]


def test_nothing_is_overwritten_when_two_copies_are_damaged_alike(pod, store):
    for _ in range(2):
        flip(fetch(RUN, store))
    flip(store.path(POD, 1), 300)
    run("download")
    flip(store.path(POD, 1), -300)
    run("download")
    assert len({digest(one.path) for one in store.set_aside()}) == len(store.set_aside()) == 3


# -- files in the way, and unreadable ones


def test_one_unreadable_file_does_not_end_a_list(pod, store):
    fetch(RUN, store)
    store.path(POD, 2).mkdir()
    store.path(POD, 3).symlink_to("nowhere")
    store.path(POD, 4).write_bytes(b"no run")
    states = {one["run"]: one["state"] for one in objects(run("runs", "--here", "--json"))}
    assert states == {1: "verified", 2: "unreadable", 3: "unreadable", 4: "unverified"}
    ran = run("runs", "--here")
    assert failure(ran).exit_code == 5
    assert sorted(line.split()[0] for line in ran.stdout.splitlines()[1:]) == list("1234")


def test_a_folder_in_the_place_of_a_run_is_not_in_the_way(pod, store):
    store.path(POD, 1).mkdir(parents=True)
    assert run("download").exit_code == 0
    assert here_column(run("runs")) == "yes"


@pytest.mark.parametrize(
    "note", [b"{}", b"[[0]]", b"[[-5, 10]]", b"[[0, Infinity]]", b"[" * 100_000, b"[[9, 3]]", b"[[0, 1e9]]", b"\xff",
             b"[[1.5, 300.5]]", b"[[0, 99999999999]]", b"[[0, 1], " * 90_000, b"folder"]
)  # fmt: skip
def test_a_bad_note_of_a_part_costs_at_most_the_part(note, store):
    part = store.path(POD, 1).with_name("000001.rpr.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"z" * 700)
    beside = part.with_name(part.name + ".json")
    beside.mkdir() if note == b"folder" else beside.write_bytes(note)
    assert fetch(RUN, store).read_bytes() == RUN


def test_the_part_of_a_run_that_the_pod_lost_is_kept(store):
    part = store.path(POD, 1).with_name("000001.rpr.part")
    part.parent.mkdir(parents=True)
    lost = run_file(9, 5)
    part.write_bytes(lost)
    part.with_name(part.name + ".json").write_text(f"[[0, {len(lost)}]]")
    with Pod(TinyPod(RUN)) as pod:
        done = download(pod, store, 1)
    assert done.path.read_bytes() == RUN
    assert [path.read_bytes() for path in done.set_aside] == [lost]


def test_a_bad_part_of_the_same_run_is_not_kept(store):
    part = store.path(POD, 1).with_name("000001.rpr.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(RUN[:-4] + b"oops")
    part.with_name(part.name + ".json").write_text(f"[[0, {len(RUN)}]]")
    with Pod(TinyPod(RUN)) as pod:
        assert download(pod, store, 1).set_aside == ()
    assert not store.set_aside()


# -- a disk that is full, and a folder that is read-only


@pytest.mark.parametrize("failing", ["_RequestLoop._store", "_Part.digest"])
def test_a_full_disk_is_reported_with_the_path_and_what_was_kept(failing, pod, store, monkeypatch):
    pod.runs = {1: RUN, 2: run_file(2, 10)}

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"retropod.runs.download.{failing}", full)
        ran = run("download")
    error = failure(ran)
    assert isinstance(error, NotSaved) and error.exit_code == 1
    assert "000001.rpr.part" in error.message and "no space left" in error.message and "free some space" in error.hint
    assert (
        "nothing was received" if failing == "_RequestLoop._store" else f"{len(RUN)} bytes of it are kept"
    ) in error.message
    assert "0 runs downloaded before this failure" in ran.stderr
    again = error.hint.split("`")[1]
    assert run(*shlex.split(again)[1:]).exit_code == 0 and store.all()[0].path.read_bytes() == RUN


def test_a_download_that_a_full_disk_ended_resumes(store, monkeypatch):
    """Neither the data nor their note fit."""
    monkeypatch.setattr("retropod.runs.download._Part.note", lambda part: None)
    content = run_file(1, 300)

    def full(part, file, start, end):
        part.ranges.add(start, end)
        if start > 20_000:
            file.flush()
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, Pod(TinyPod(content)) as pod:
        patch.setattr("retropod.runs.download._Part.add", full)
        with pytest.raises(NotSaved, match="of it are kept"):
            download(pod, store, 1)
    with Pod(TinyPod(content)) as pod:
        done = download(pod, store, 1)
    assert done.path.read_bytes() == content and 0 < done.fetched < len(content) - 20_000


def test_a_file_in_the_place_of_the_folder_is_one_line(pod, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "file"))
    error = failure(run("download"))
    assert isinstance(error, NotSaved) and str(tmp_path / "file") in error.message


def test_a_note_that_cannot_be_written_does_not_lose_the_run(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("retropod.durable.replace", full)
    path = fetch(RUN, store)
    assert path.read_bytes() == RUN and store.state(path) == "unverified"


# -- the end of a run


def test_a_file_that_is_cut_at_a_block_has_an_unknown_end(pod, store, tmp_path):
    path = fetch(RUN, store)
    assert "end unknown" not in run("runs", "--here").output
    assert "unknown: power cut" not in run("show", "1").output
    loose = tmp_path / "cut.rpr"
    loose.write_bytes(RUN[: -len(block(0, "stopped", 1))])
    ran = run("show", str(loose))
    assert ran.exit_code == 0 and "end" in ran.output and "unknown: power cut" in ran.output
    assert objects(run("show", str(loose), "--json"))[0]["ended"] is False
    path.write_bytes(loose.read_bytes())
    assert failure(run("show", "1")).exit_code == 5, "the stored checksum proves that it is cut"
    path.with_name(path.name + ".sha256").unlink()
    assert "end unknown" in run("runs", "--here").output
    assert objects(run("runs", "--here", "--json"))[0]["ended"] is False
