"""Standard streams of a command: encodings, readers that leave, full disks, closed streams."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retropod.cli import plaintext

SAMPLE = Path(__file__).parent / "install" / "samples" / "run-0.1.0.rpr"  # strides of the gait model
SHOW = ("show", str(SAMPLE), "--strides")
SYMBOLS = "▲▼◀▶◆·±°→–…●█▁x"


def start(*arguments: str, code: str = "", stdout: int | None = subprocess.PIPE, stderr: int | None = subprocess.PIPE,
          **environment: str) -> "subprocess.Popen[bytes]":  # fmt: skip
    """Start a command, after `code`, in its own interpreter: its streams are those that Python makes."""
    script = f"{code}\nfrom retropod.cli import main\nmain({list(arguments)!r})"
    return subprocess.Popen([sys.executable, "-c", script], stdout=stdout, stderr=stderr,
                            env={**os.environ, **environment})  # fmt: skip


def ran(*arguments: str, **how: str) -> tuple[int, bytes, str]:
    with start(*arguments, **how) as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err.decode()


def test_every_encoding_shows_every_stride() -> None:
    """The sample needs symbols that three of these lack. The number of lines and of forward strides is equal."""
    _, full, _ = ran(*SHOW, PYTHONIOENCODING="utf-8")
    assert any(not one.isascii() for one in full.decode())
    for encoding in ("ascii", "cp1252", "latin-1", "cp437"):
        code, out, err = ran(*SHOW, PYTHONIOENCODING=encoding)
        assert (code, err) == (0, ""), encoding
        text = out.decode(encoding)
        assert len(text.splitlines()) == len(full.splitlines())
        assert text.count("forward") == full.count(b"forward")
        assert "\\u" not in text


def test_stderr_has_the_substitutes_too() -> None:
    code, _, err = ran("show", "\u2192 \u017b\u00f3\u0142\u0107", PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert code == 2 and err.startswith("error: ") and "-> ????" in err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_each_symbol_has_a_substitute(encoding: str) -> None:
    for symbol in SYMBOLS:
        try:
            symbol.encode(encoding)
        except UnicodeEncodeError as error:
            shown, end = plaintext.substitute(error)
            assert shown.isascii() and "?" not in shown and end == 1, symbol


COMMANDS = [("--help",), ("--version",), ("show", "--help"), (), ("config",), SHOW, ("--json", *SHOW),
            ("doctor", "--explain"), ("--json", "doctor", "--explain")]  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_reader_that_has_left_is_not_an_error(arguments: tuple[str, ...]) -> None:
    """The pipe has no reader, so the first write breaks it: within the command, or at its end."""
    read, write = os.pipe()
    os.close(read)
    with start(*arguments, stdout=write) as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


def test_a_reader_that_leaves_after_the_first_line() -> None:
    with start(*SHOW) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert (process.wait(60), err) == (0, b"")


def test_stdout_and_stderr_in_one_pipe_without_a_reader() -> None:
    read, write = os.pipe()
    os.close(read)
    with start(*SHOW, stdout=write, stderr=write) as process:
        os.close(write)
        assert process.wait(60) == 0


def test_a_reader_of_stderr_is_not_needed() -> None:
    read, write = os.pipe()
    os.close(read)
    with start("show", "/no/such/run", stderr=write) as process:
        os.close(write)
        assert process.wait(60) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_is_an_error_in_one_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full, start(*arguments, stdout=full.fileno()) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    error, hint = err.decode().splitlines()
    assert error == "error: cannot write to standard output: no space left on device"
    assert hint.startswith("hint: free space")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_messages_that_cannot_be_written_end_nothing() -> None:
    with Path("/dev/full").open("wb") as full, start(*SHOW, "--verbose", stderr=full.fileno()) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and b"forward" in out


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_closed_stream(number: int) -> None:
    """The number of the closed stream is taken by the null device, so that no file or port gets it."""
    script = f'exec {number}{"<" if number == 0 else ">"}&-; exec "$@"'
    check = "import os; from retropod.cli import main; main(['doctor', '--explain'])"
    done = subprocess.run(["sh", "-c", script, "sh", sys.executable, "-c", check], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) == (number != 1)


def test_an_error_of_another_pipe_is_not_a_reader_that_has_left() -> None:
    """The other end of a socket or of a program that this one started can break too."""
    for error, text in (("BrokenPipeError(32, 'Broken pipe')", "broken pipe"), ("EOFError('cut')", "cut")):
        code = f"import retropod.cli.doctor as d\ndef f(*_): raise {error}\nd._explain = f"
        ended, _, err = ran("doctor", "--explain", code=code)
        assert ended == 1 and err.startswith("error: ") and text in err
