"""Regenerates the example of `show` in README.md and the picture docs/report.png: `python -m tools.readme_example`.

A session of the gait model goes through the engine of the pod. Chromium takes the picture.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from retropod.cli.commands import cli
from retropod.export.engine import RecordingFacts, through_engine
from retropod.recording import Recording
from retropod.virtual.gaitmodel import scenario

_ROOT = Path(__file__).resolve().parents[1]
README, PICTURE = _ROOT / "README.md", _ROOT / "docs" / "report.png"
_BEGIN, _END = "<!-- output of show -->\n```\n", "```\n<!-- end of the output -->\n"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SEED, _REPETITIONS, _STRIDES, _MPS = 3, 5, 24, 2.5
_START_S = 1_788_624_000.0  # 2026-09-05 16:00 UTC
_SIZE = "820,1180"  # of the picture, in pixels
_SHOWN = ("direction ", "intervals:")  # first words of the parts of the example


def main() -> None:
    """Write the example and the picture."""
    with tempfile.TemporaryDirectory() as folder:
        run, report = Path(folder) / "session.rpr", Path(folder) / "report.html"
        run.write_bytes(_session())
        text = _ran(folder, "show", str(run))
        _ran(folder, "report", str(run), "--output", str(report))
        _picture(report)
    README.write_text(with_example(README.read_text("utf-8"), text), "utf-8")


def with_example(readme: str, text: str) -> str:
    """Return the README with the parts of the output of `show` that it shows."""
    before, _, rest = readme.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + "\n".join(_parts(text)) + "\n" + _END + after


def _parts(text: str) -> Iterator[str]:
    """Yield the paragraphs that begin with a word of `_SHOWN`, and the timeline, with an empty line between them."""
    chosen = [one for one in text.split("\n\n") if one.startswith(_SHOWN) or "\n0:00.0 " in one]
    for number, paragraph in enumerate(chosen):
        if number:
            yield ""
        yield from paragraph.strip("\n").splitlines()


def _session() -> bytes:
    """Return the run of a session of intervals: up a hill backward, down forward."""
    model = scenario("hill-intervals", 833.0, _SEED, repeats=_REPETITIONS, strides=_STRIDES, speed_mps=_MPS)
    held = Recording(model.acc, model.gyr, 1.0, 1.0, model.fs)
    return through_engine(held, RecordingFacts("session", "Ada", _START_S)).content


def _ran(folder: str, *arguments: str) -> str:
    """Return the output of a command with an empty store, 80 columns and UTC."""
    done = CliRunner(env={"RETROPOD_RUNS": f"{folder}/store", "COLUMNS": "80", "TZ": "UTC"}).invoke(cli, arguments)
    if done.exception is not None:
        raise SystemExit(f"error: {arguments[0]} failed: {done.exception}")
    return done.stdout


def _picture(report: Path) -> None:
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise SystemExit("error: Chromium is missing\nhint: apt-get install chromium")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={_SIZE}"]
    profile = f"--user-data-dir={report.parent / 'profile'}"
    subprocess.run(
        [browser, *options, profile, f"--screenshot={PICTURE}", report.as_uri()], check=True, capture_output=True
    )


if __name__ == "__main__":
    main()
