"""Pictures of the documents: report and page of `live --web`, which Chromium takes, and big view of `live`."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from retropod.cli.commands import cli
from retropod.insight.units import UNITS
from retropod.live import big

_DOCS = Path(__file__).resolve().parents[1] / "docs"
REPORT, BIG, WEB = _DOCS / "report.png", _DOCS / "guides" / "live-big.svg", _DOCS / "guides" / "live-web.png"
_TESTS = _DOCS.parent / "tests"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 120.0
_SIZE = "820,1180"  # of the report, in pixels
# As in the seventh second of a backward repetition
_STATE = big.BigState(
    "backward", speed_mps=-2.5, cadence_spm=195.0, contact_time_s=0.206, bout_strides=11, bout_s=6.8, bouts=2
)
# Colours of a terminal, with contrast: black, red, green, yellow, blue, magenta, cyan, white
_COLOURS = [
    (0, 0, 0), (160, 0, 0), (0, 110, 0), (130, 90, 0), (0, 0, 160), (140, 0, 140), (0, 110, 110), (255, 255, 255),
]  # fmt: skip
_THEME = TerminalTheme((0, 0, 0), (255, 255, 255), _COLOURS)
# The template of rich without its fonts, which come from the network
_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg"><style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {line_height}px; }}
{styles}
</style><defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect fill="black" width="{width}" height="{height}"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def write(world: Path) -> None:
    """Write all pictures. `world`: the files of tools/examples_world.py."""
    BIG.write_text(big_view(), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        CliRunner(env={"TZ": "UTC"}).invoke(cli, ["report", str(world / "session.rpr"), "--output", str(report)])
        _screenshot(report)
    command = [sys.executable, "-m", "web.picture", str(WEB)]
    subprocess.run(command, check=True, timeout=_PATIENCE_S, env={**os.environ, "PYTHONPATH": str(_TESTS)})


def big_view() -> str:
    """Return the big view of `retropod live` as SVG."""
    console = Console(
        record=True, width=80, height=24, force_terminal=True, color_system="truecolor", file=io.StringIO()
    )
    for line in big.rendered(_STATE, 80, 23, UNITS["si"]):
        console.print(line)
    text = console.export_svg(title="", theme=_THEME, code_format=_SVG, unique_id="big")
    return text.replace("textLength=", 'lengthAdjust="spacingAndGlyphs" textLength=')  # blocks without gaps


def _screenshot(page: Path) -> None:
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise SystemExit("error: Chromium is missing\nhint: apt-get install chromium")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={_SIZE}"]
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [browser, *options, profile, f"--screenshot={REPORT}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True)
