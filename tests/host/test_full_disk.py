"""A full disk: each command that writes a file names it, and leaves no incomplete one."""

import resource
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

import season
from retropod.cli import run
from retropod.runs.store import Store
from retropod.virtual import installed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limit of the size of files")
_BYTES = 6000  # the index of the store does not fit either, which costs only time

WRITERS = {
    "export csv": (["export", "last", "--output", "out", "--format", "csv"], "out/strides.csv"),
    "export jsonl": (["export", "last", "--output", "out", "--format", "jsonl"], "out/retropod.jsonl"),
    "export parquet": (["export", "last", "--output", "out", "--format", "parquet"], "out/strides.parquet"),
    "export fit": (["export", "last", "--output", "out.fit", "--format", "fit"], "out.fit"),
    "report": (["report", "last", "--output", "report.html"], "report.html"),
    "report --since": (["report", "--since", "2027-01-01", "--output", "report.html"], "report.html"),
    "history": (["history", "--report", "history.html"], "history.html"),
    "import": (["import", "given.rpr"], "240ac40000000000/000001.rpr"),
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with a run, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    made = Store(tmp_path / "store")
    season.fill(made, 1, 300, ["Ada"])
    return made


@contextmanager
def full() -> Generator[None]:
    """Refuse bytes of a file after the first 6000."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("words", "named"), WRITERS.values(), ids=WRITERS)
def test_a_command_names_the_file_that_does_not_fit(
    words: list[str], named: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    if words[0] == "import":
        store.all()[0].path.rename("given.rpr")
    before = {path for path in Path().rglob("*") if path.is_file()}
    with full():
        assert run(words) == 1
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error.startswith("error: ") and error.endswith(f"{named}: file too large"), error
    assert hint == "hint: free space on that disk, then run the command again"
    left = {path for path in Path().rglob("*") if path.is_file()} - before
    assert not [one for one in left if one.parts[0] != "store" or one.suffix in (".new", ".import", ".rpr")], left


def test_a_virtual_flash_is_complete_or_missing(tmp_path: Path) -> None:
    flash = tmp_path / "flash.bin"
    with full(), pytest.raises(OSError) as caught:
        installed.make_blank(flash, 10_000)
    assert caught.value.filename == str(flash) and not flash.exists()
    installed.make_blank(flash, 10_000)
    assert flash.stat().st_size == 10_000
