"""Report of runs made up here: contents, order, names that try to escape, contrast, and the command."""

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.madeupruns import LAPS, SYNC, a_stride, contents
from host.schemas import checked
from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.errors import DamagedData, OperationFailed, UsageError
from retropod.insight import analysis
from retropod.insight.comparison import compare
from retropod.report import page as report_page
from retropod.runs.loaded import load
from retropod.runs.store import Store

RUNNING = {"toe_off": 0.1, "contact": 0.58, "contact_time": 0.22}
ORDER = ["Directions over time", "In short", "Forward and backward", "Intervals", "Quality of the data",
         "Method and evidence"]  # fmt: skip


def session() -> list[bytes]:
    """Four times 12 strides backward and 12 forward, at the same speed, with rests."""
    strides: list[bytes] = []
    now_s = 100.0
    for _ in range(4):
        for direction, sign, contact in (("backward", -1, 0.18), ("forward", 1, 0.22)):
            for _ in range(12):
                at = int(now_s), now_s % 1
                strides.append(a_stride(len(strides), **{
                    **RUNNING, "period": contact + 0.48, "uptime_s": at[0], "uptime_ms": at[1], "direction": direction,
                    "length": sign * 2.0 * (contact + 0.48), "contact_time": contact,
                }))  # fmt: skip
                now_s += contact + 0.48  # the swing takes 0.48 s
            now_s += 5.0
    return strides


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a session, and the current folder next to it."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.setenv("RETROPOD_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.chdir(tmp_path)
    add(tmp_path / "store", 3)
    return tmp_path / "store"


def add(store: Path, run: int, start: int = 0, strides: list[bytes] | None = None, **header: int | bytes) -> Path:
    """Store a run that began `start` seconds after noon."""
    path = store / "0000000000000000" / f"{run:06d}.rpr"
    path.parent.mkdir(parents=True, exist_ok=True)
    sync = {**SYNC, "a": SYNC["a"] + start}
    path.write_bytes(contents(session() if strides is None else strides, [sync, LAPS[0]], run=run,
                              boot_count=run, **header))  # fmt: skip
    return path


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the plots, which take 0.2 s each, for tests of other parts of the report."""
    monkeypatch.setattr("retropod.report.plots._svg", lambda *_: "")


def ran(*arguments: str) -> Result:
    reset()
    return CliRunner().invoke(cli, arguments)


def written(*arguments: str, file: str = "report.html") -> str:
    done = ran(*arguments, "--output", file)
    assert done.exception is None, done.exception
    return Path(file).read_text("utf-8")


class Elements(HTMLParser):
    """Start tags with their attributes, and the text of the page without styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.mark.usefixtures("store")
def test_the_parts_of_a_report_are_in_order():
    text = written("report", "3")
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", text)
    assert headings == ORDER
    found = Elements(text).text
    assert "In 1:05.3 of movement, the runner went 63 m backward and 67 m forward." in found
    assert "Backward running at 2.00 m/s, against forward at the same speed:" in found
    assert "contact time was 18 % shorter (published: -18 %)" in found
    assert "Over 4 backward repetitions, speed was steady from the first to the last third." in found
    assert "change +0.0 % from the first to the last third" in found and "fade -" not in found
    assert "fade +" not in ran("show", "3").stdout and "change +0.0 %" in ran("show", "3").stdout
    assert "0.82 (Wright & Weyand 2001, n = 4, 3.0 m/s)" in found


@pytest.mark.usefixtures("store")
def test_a_report_is_one_small_file_without_scripts_and_requests():
    text = written("report", "3")
    assert len(text) < 400_000
    for tag, attributes in Elements(text).tags:
        assert tag not in ("script", "link", "img", "iframe", "object", "embed", "base")
        links = [value for name, value in attributes.items() if name in ("src", "href", "xlink:href", "action")]
        assert all(value and value.startswith("#") for value in links)
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"@import|url\((?!#)", text)
    assert "default-src 'none'" in text


@pytest.mark.usefixtures("store")
def test_the_ids_of_the_plots_differ():
    ids = [attributes["id"] for _, attributes in Elements(written("report", "3")).tags if "id" in attributes]
    assert ids and len(ids) == len(set(ids))


HOSTILE = ["<script>x()", '"><img src=x>', "{{ 7 * 7 }}", "\u202eevil\x1b[2J", "&lt;b&gt;"]


@pytest.mark.usefixtures("no_plots")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text_and_nothing_else(store, name):
    encoded = name.encode("utf-8")[:16]
    add(store, 4, wearer=encoded, name=encoded)
    text = written("report", "4")
    found = Elements(text)
    assert {tag for tag, _ in found.tags}.isdisjoint({"script", "img", "b"})
    assert "\x1b" not in text and "\u202e" not in text
    assert "49" not in found.text.partition("Directions")[0]
    assert "evil" in text if "evil" in name else name[:12] in found.text


def test_without_strides_a_report_states_it(store):
    add(store, 5, strides=[])
    found = Elements(written("report", "5")).text
    assert "The run has no strides." in found and "no stride has a known direction" in found


def test_an_absent_metric_has_its_reason(store):
    plain = [a_stride(n, length=None, lateral=None) for n in range(12)]
    add(store, 6, strides=plain, gyr_lsb_udps=0)
    found = Elements(written("report", "6")).text
    assert "– the pod has no gyroscope" in found
    assert "100 m, 400 m, 800 m, mile, 5 km: the pod has no gyroscope" in found


@pytest.mark.usefixtures("store")
def test_units_of_a_report():
    assert "speed, km/h" in written("report", "3", "--units", "metric")
    assert "speed, m/s" in written("report", "3")


def test_runs_since_a_date_are_in_one_report(store):
    day = 86_400
    add(store, 7, start=-8 * day)
    add(store, 8, start=3 * day)
    text = written("report", "--since", "2027-01-15")
    assert re.findall(r'<h2 class="run" id="run-\d"><bdi>(.*?)</bdi>', text) == [
        "Run 3 of 0000000000000000, 2027-01-15", "Run 8 of 0000000000000000, 2027-01-18",
    ]  # fmt: skip
    assert 'aria-label="Minutes of movement per week, backward and forward"' in text
    (line,) = checked("report", ran("report", "--since", "2027-01-01", "--json").stdout)
    assert (line["runs"], line["file"]) == (3, "report-since-2027-01-01.html")
    assert isinstance(ran("report", "--since", "2028-01-01").exception, UsageError)


@pytest.mark.usefixtures("no_plots")
def test_the_progression_of_the_user_is_used(store):
    add(store, 8, start=86_400)
    assert "Step of the progression: grass" in Elements(written("report", "--since", "2027-01-15")).text
    (store / "progression.toml").write_text(
        "[[step]]\nname = 'beach'\nadvice = 'in the sand'\nsessions = 1\nweeks = 9\n", "utf-8"
    )
    assert "beach (in the sand)" in Elements(written("report", "--since", "2027-01-15")).text


def test_a_report_of_a_season_remains_small(store):
    for week in range(1, 9):
        add(store, 10 + week, start=week * 7 * 86_400)
    text = written("report", "--since", "2027-01-15")
    assert len(text.encode()) < report_page.MOST_BYTES
    assert len(re.findall(r'<th scope="row">(?:<a [^>]*>)?<bdi>Run', text)) == 9
    assert [title[:6] for title in re.findall(r'<h2 class="run" id="run-\d"><bdi>(.*?)</bdi>', text)] == [
        "Run 14", "Run 15", "Run 16", "Run 17", "Run 18",
    ]  # fmt: skip
    links = dict(re.findall(r'<a href="#([^"]+)"><bdi>(Run .*?)</bdi></a>', text))
    assert links == dict(re.findall(r'<h2 class="run" id="([^"]+)"><bdi>(.*?)</bdi></h2>', text)) and len(links) == 5
    assert "the last 5 of 9" in text
    assert "The linked runs" not in written("report", "--since", "2027-02-21"), "all runs are shown in detail"


@pytest.mark.usefixtures("no_plots")
def test_only_the_detailed_runs_have_a_whole_analysis(store, monkeypatch):
    for run in range(4, 11):
        add(store, run, start=run * 86_400)
    compared: list[int] = []
    monkeypatch.setattr(analysis, "compare", lambda strides: compared.append(len(strides)) or compare(strides))
    text = written("report", "--since", "2027-01-15")
    assert len(compared) == report_page.DETAILED
    rows = re.findall(r'<th scope="row">(?:<a [^>]*>)?<bdi>Run \d+.*?</tr>', text, re.DOTALL)
    assert len(rows) == 8 and len({row.partition("</bdi>")[2].removeprefix("</a>") for row in rows}) == 1


def test_a_run_that_is_not_detailed_needs_no_memory_for_its_strides(store):
    loaded = load(Store(store), store / "0000000000000000" / "000003.rpr")
    brief, whole = loaded.analysis(brief=True), loaded.analysis()
    assert not brief.strides and not any(one.strides for one in brief.directions)
    assert [one.values for one in brief.directions] == [one.values for one in whole.directions]


@pytest.mark.usefixtures("no_plots")
def test_a_damaged_run_does_not_end_a_report_of_several(store):
    add(store, 9, start=60)
    (store / "0000000000000000" / "000010.rpr").write_bytes(b"no run")
    done = ran("report", "--since", "2027-01-01", "--output", "all.html")
    assert done.exception is None and "2 runs" in done.stdout and "left out" in done.stderr
    assert isinstance(ran("report", "10").exception, DamagedData)


@pytest.mark.usefixtures("no_plots")
def test_a_cut_run_is_reported_with_a_warning(store):
    path = store / "0000000000000000" / "000003.rpr"
    path.write_bytes(path.read_bytes()[:-20])
    done = ran("report", "3", "--output", "cut.html")
    assert done.exception is None and "damaged" in done.stderr


@pytest.mark.usefixtures("store")
@pytest.mark.usefixtures("no_plots")
def test_only_a_report_is_replaced():
    written("report", "3", file="mine.html")
    assert written("report", "3", file="mine.html").startswith(report_page.MARK)
    Path("mine.html").write_text("my notes", "utf-8")
    done = ran("report", "3", "--output", "mine.html")
    assert isinstance(done.exception, UsageError) and Path("mine.html").read_text("utf-8") == "my notes"


@pytest.mark.usefixtures("store")
def test_a_folder_or_a_pipe_is_refused_before_a_run_is_read(monkeypatch):
    monkeypatch.setattr("retropod.cli.report.load", lambda *_: pytest.fail("a run was read"))
    Path("folder").mkdir()
    os.mkfifo("pipe")
    for name, kind in (("folder", "is a folder"), ("pipe", "is a pipe or a device")):
        for words in (("report", "3", "--output", name), ("history", "--report", name)):
            done = ran(*words)
            assert isinstance(done.exception, UsageError) and kind in done.exception.message, words


@pytest.mark.usefixtures("no_plots")
def test_runs_with_the_same_number_have_different_files(store):
    whole = store / "0000000000000000" / "000003.rpr"
    content = bytearray(whole.read_bytes())
    content[10] ^= 1  # damages the header
    Path("first.rpr").write_bytes(content)
    content[-1] ^= 1
    Path("second.rpr").write_bytes(content)
    Path("third.rpr").write_bytes(whole.read_bytes() + b"torn")
    for run in ("3", "first.rpr", "second.rpr", "third.rpr"):
        assert ran("report", run).exception is None
    names = sorted(path.name.rpartition("-")[0] for path in Path().glob("report-*.html"))
    assert names == ["report-0000000000000000-3"] * 2 + ["report-unknown"] * 2


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("arguments", [(), ("3", "--since", "2027-01-01")])
def test_either_a_run_or_a_date_is_needed(arguments):
    assert isinstance(ran("report", *arguments).exception, UsageError)


@pytest.mark.usefixtures("store")
@pytest.mark.usefixtures("no_plots")
def test_the_browser_is_opened_on_request(monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url: not opened.append(url))
    assert ran("report", "3", "--open").exception is None
    (file,) = Path().glob("report-0000000000000000-3-*.html")
    assert opened == [file.resolve().as_uri()]
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    assert isinstance(ran("report", "3", "--open").exception, OperationFailed)


def schemes() -> Iterator[tuple[str, dict[str, str]]]:
    css = (Path(report_page.__file__).parent / "page.css").read_text("utf-8")
    for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        yield block, dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    """Relative luminance. Ref: WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_text_has_a_contrast_of_4_5_in_each_scheme():
    found = list(schemes())
    assert len(found) == 3  # light, dark, print
    for _, colours in found:
        for name in colours.keys() - {"paper", "panel"}:
            for ground in ("paper", "panel"):
                low, high = sorted((luminance(colours[name]), luminance(colours[ground])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (name, ground, colours)
