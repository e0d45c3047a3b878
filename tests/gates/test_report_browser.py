"""The report in headless Chromium: no error, no request, no overflow at phone and desktop width, and a PDF of A4."""

import shutil
import subprocess
from html import escape
from pathlib import Path

import pytest

from host.madeupruns import LAPS, SYNC, contents
from host.test_report import ran, session

pytestmark = [pytest.mark.gate, pytest.mark.browser]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# A page that shows the report at a width, because windows have at least 500 pixels, and states the width of the report.
_FRAME = """<title></title><iframe id="f" style="width:{width}px;height:900px;border:0" srcdoc="{page}"></iframe>
<script>f.onload = () => {{ document.title = f.contentDocument.documentElement.scrollWidth }}</script>"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    return found


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    run = tmp_path / "run.rpr"
    run.write_bytes(contents(session(), [SYNC, LAPS[0]]))
    path = tmp_path / "report.html"
    assert ran("report", str(run), "--output", str(path)).exception is None
    return path


def run(browser: str, page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
               f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)


def console(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_has_no_error_and_requests_nothing(browser: str, report: Path) -> None:
    assert console(run(browser, report, "--dump-dom")) == []
    report.write_text(report.read_text("utf-8").replace("</main>", "<img src='http://127.0.0.1:9/x'></main>"), "utf-8")
    assert console(run(browser, report, "--dump-dom"))  # the policy of the page refuses a request


def measured(browser: str, report: Path, width: int) -> int:
    """Return the width, in pixels, that the report needs in a window of `width` pixels."""
    frame = report.with_name("frame.html")
    frame.write_text(_FRAME.format(width=width, page=escape(report.read_text("utf-8"))), "utf-8")
    title = run(browser, frame, "--dump-dom", "--hide-scrollbars").stdout.partition("<title>")[2]
    return int(title.partition("</title>")[0])


@pytest.mark.parametrize("width", [390, 1920])
def test_the_page_is_not_wider_than_the_window(browser: str, report: Path, width: int) -> None:
    assert measured(browser, report, width) == width
    report.write_text(report.read_text("utf-8").replace("<main>", "<main><pre>" + 500 * "wide" + "</pre>"), "utf-8")
    assert measured(browser, report, width) > width


def test_the_page_prints_on_a4(browser: str, report: Path) -> None:
    pdf = report.with_suffix(".pdf")
    run(browser, report, f"--print-to-pdf={pdf}")
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF") and b"/MediaBox [0 0 594.95996 841.91998]" in content
