"""A run without a complete header, after a power cut, is empty: it is reported, blocks no command and can be erased."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.test_runs import run_file
from host.tinypod import TinyPod
from retropod.cli.commands import cli
from retropod.cli.options import Options
from retropod.client.pod import Pod
from retropod.errors import DamagedData, RetropodError
from retropod.runs import reader
from retrowire import runfile

WHOLE = run_file()
HEADER = runfile.read_header(WHOLE)["length"]
EMPTY = [b"", WHOLE[:1], WHOLE[:8], WHOLE[:11], WHOLE[:100], WHOLE[: HEADER - 1]]


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TinyPod:
    """A pod with five runs, of which two are empty: 2 has 0 bytes, 4 a partial header."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    fake = TinyPod()
    fake.runs = {1: WHOLE, 2: b"", 3: WHOLE + WHOLE[HEADER:], 4: WHOLE[:200], 5: WHOLE}
    monkeypatch.setattr(Options, "connect", lambda options: Pod(fake))
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def failure(ran: Result) -> RetropodError:
    assert isinstance(ran.exception, RetropodError)
    return ran.exception


@pytest.mark.parametrize("content", EMPTY)
def test_a_header_that_was_never_completed_makes_an_empty_run(content, tmp_path):
    with pytest.raises(reader.EmptyRun, match="empty"):
        reader.parse(content)
    path = tmp_path / "000001.rpr"
    path.write_bytes(content)
    with pytest.raises(reader.EmptyRun, match=r"000001\.rpr: the run is empty") as caught:
        reader.read(path)
    assert "retropod trash" in caught.value.hint and "retropod erase" in caught.value.hint


@pytest.mark.parametrize(
    "content", [b"hello", bytes(300), WHOLE[:50] + b"?" + WHOLE[51:HEADER], b"?" + WHOLE[1:HEADER]]
)
def test_damage_is_not_called_empty(content):
    with pytest.raises(DamagedData) as damaged:
        reader.parse(content)
    assert not isinstance(damaged.value, reader.EmptyRun)


def test_a_damaged_header_before_whole_blocks_is_still_read():
    assert reader.parse(b"?" + WHOLE[1:]).blocks > 0


def test_runs_calls_them_empty(pod):
    rows = {line.split()[0]: line for line in run("runs").output.splitlines()[1:]}
    assert {number for number, row in rows.items() if "empty" in row.split()} == {"2", "4"}
    assert not any("damaged" in row for row in rows.values())


def test_download_goes_on_and_ends_with_their_numbers(pod, tmp_path):
    ran = run("download")
    assert ran.exit_code == 0, ran.output
    for number in (1, 3, 5):
        assert list(tmp_path.glob(f"*/{number:06d}.rpr")), number
    assert "not a run file" not in ran.output
    assert ran.stderr.splitlines()[-1].startswith("runs 2, 4 are empty") and "retropod erase 2 4" in ran.stderr
    ran = run("download", "2", "--json")
    first = json.loads(ran.stdout.splitlines()[0])
    assert first["run"] == 2 and first["file"] is None and first["size_bytes"] == 0


def test_the_command_that_download_names_erases_them_without_force(pod):
    run("download")
    ran = run("erase", "2", "4")
    assert ran.exit_code == 0, ran.output
    assert pod.erased == [2, 4]


def test_a_run_without_a_byte_is_erased_even_if_it_was_never_downloaded(pod):
    refused = failure(run("erase"))
    assert pod.erased == [2]
    assert "1, 3, 4, 5" in refused.message, "the others are not here"


def test_a_run_that_received_its_first_bytes_in_between_is_not_erased(pod):
    listed = pod._list

    def list_then_grow(request):
        listed(request)
        pod.runs[2] = WHOLE

    pod._list = list_then_grow
    run("erase", "2")
    assert pod.erased == []


def test_of_two_copies_of_a_number_the_one_that_the_pod_holds_counts(pod, tmp_path):
    """The pod's flash was erased in between, and its run numbers restarted."""
    run("download", "5")
    pod.runs[5] = WHOLE[:HEADER] + bytes(50)
    run("download", "5")
    assert len(list(tmp_path.glob("*/000005*.rpr"))) == 2
    ran = run("erase", "5", "--json")
    assert json.loads(ran.stdout)["file"].endswith(".rpr") and pod.erased == [5]
    pod.runs[5] = WHOLE + b"?"
    assert failure(run("erase", "5")).hint == "run `retropod download 5`"
    assert json.loads(run("erase", "--force", "5", "--json").stdout)["file"] is None
    assert pod.erased == [5, 5]


def test_a_run_whose_download_fails_does_not_keep_the_others_on_the_pod(pod, tmp_path):
    read, held = pod._read, dict(pod.runs)

    def other(request, number, offset, length):
        pod.runs[1] = bytes(len(WHOLE))
        read(request, number, offset, length)
        pod.runs[1] = held[1]

    pod._read = other
    assert failure(run("download")).exit_code == 5
    assert list(tmp_path.glob("*/000003.rpr")) and list(tmp_path.glob("*/000005.rpr"))
