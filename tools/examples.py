"""Regenerates the output and the pictures that README.md and docs/guides show: `python -m tools.examples --write`.

A page marks each output with the command that prints it:

    <!-- output: show last; parts: direction, intervals -->
    ```text
    $ retropod show last
    ...
    ```

`parts` selects the paragraphs that begin with one of these words. All commands of a page run in the order of the
page, on one store of sessions of the gait model (tools/examples_world.py). With `pod:` in place of `output:`, the
command talks to a virtual pod, whose numbers vary from run to run: without `--write`, only the others are compared.
Chromium takes the picture of the report.
"""

import contextlib
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from click.testing import CliRunner

from retropod.cli.commands import cli
from tools import examples_pictures, examples_world

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
_BLOCK = re.compile(
    r"(<!-- (output|pod): (?P<line>[^;>]*?)(?:; parts: (?P<parts>[^>]*?))? -->\n```text\n).*?(```\n)", re.S
)
_WIDTH = "80"


def updated(text: str, run: Callable[[list[str]], str], kinds: tuple[str, ...] = ("output",)) -> str:
    """Return a page with new outputs of the kinds. `run` returns the output of a command, given its arguments."""

    def replaced(found: re.Match[str]) -> str:
        if found[2] not in kinds:
            return found[0]
        parts = [one.strip() for one in (found["parts"] or "").split(",") if one.strip()]
        shown = chosen(run(shlex.split(found["line"])), parts)
        return f"{found[1]}$ retropod {found['line']}\n{shown}{found[5]}"

    return _BLOCK.sub(replaced, text)


def chosen(text: str, parts: list[str]) -> str:
    """Return the paragraphs that begin with a word of `parts`, or all. Spaces at the end of a line are dropped."""
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    paragraphs = [one for one in re.split(r"\n\n+", lines) if not parts or one.lstrip().startswith(tuple(parts))]
    return "\n\n".join(paragraphs) + "\n"


def outputs(world: Path, with_pod: bool = False) -> Iterator[tuple[Path, str]]:
    """Yield each page with its new text. `with_pod`: also run the commands that talk to a pod."""
    for page in PAGES:
        with runner(world) as run:
            text = updated(page.read_text("utf-8"), run)
        if with_pod and "<!-- pod:" in text:
            with _sim() as port, runner(world) as run:
                run(["--port", port, "time", "sync"])
                text = updated(text, lambda words, port=port: run(["--port", port, *words]), ("pod",))
                text = text.replace(port, "/dev/ttyUSB0")
        yield page, text


@contextlib.contextmanager
def _sim() -> Iterator[str]:
    """Run a virtual pod in the state after `retropod flash`, which also sets its clock. Give its port."""
    options = ["--id", "240ac40000010000", "--name", "retropod", "--mount", "learn", "--installed"]
    command = [Path(sys.executable).with_name("retropod"), "sim", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@contextlib.contextmanager
def runner(world: Path) -> Iterator[Callable[[list[str]], str]]:
    """Give a function that runs a command in a fresh copy of the world, with 80 columns and UTC."""
    with tempfile.TemporaryDirectory() as folder:
        examples_world.copy(world, Path(folder))
        environment = {"RETROPOD_RUNS": "runs", "COLUMNS": _WIDTH, "TZ": "UTC", "RETROPOD_SETTINGS": "none.toml"}
        with contextlib.chdir(folder):
            yield lambda words: _ran(CliRunner(env=environment), words)


def _ran(runner: CliRunner, words: list[str]) -> str:
    done = runner.invoke(cli, words)
    if done.exception is not None:
        raise SystemExit(f"error: retropod {shlex.join(words)} failed: {done.exception}\n{done.output}")
    return done.output


def main() -> int:
    """Write or check the pages. Return the exit code."""
    write = "--write" in sys.argv
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        examples_world.build(Path(folder))
        for page, text in outputs(Path(folder), with_pod=write):
            if page.read_text("utf-8") != text:
                stale.append(page.name)
            if write:
                page.write_text(text, "utf-8")
        if write:
            examples_pictures.write(Path(folder))
            return 0
    sys.stderr.writelines(
        f"error: the output in {name} is stale\nhint: python -m tools.examples --write\n" for name in stale
    )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
