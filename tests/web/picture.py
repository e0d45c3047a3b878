"""Picture of the page of `live --web` in a scripted session: `python -m web.picture FILE.png`."""

import shutil
import sys
import tempfile
from pathlib import Path

from web.cdp import NAMES, Browser
from web.served import Served


def take(file: Path) -> None:
    """Save the page with a plan and targets, as on a tablet. Raises SystemExit without Chromium."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise SystemExit("error: Chromium is missing\nhint: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, Browser(program, Path(folder)) as browser, Served("guided") as served:
        page = browser.page(1024, 820)
        page.open(served.url)
        served.do("status", "walk forward 24", "walk backward 18", "walk forward 20", "plan", "walk backward 8")
        page.until("document.querySelector('.word')?.innerText.includes('BACKWARD')")
        page.screenshot(file)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
