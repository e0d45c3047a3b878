"""How fast a stride gets to the page of `live --web`."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.bench_live import MODEL_HZ, _cli, _need_runtime
from bench.registry import NotMeasured, Row, figures
from retropod.replay.replay import Setup, held_pod
from retropod.runs import reader
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.source import Source
from web.cdp import NAMES, Browser, BrowserPage
from web.served import Served, free_port

SECONDS, RATE_HZ = 60, 50
RUN_S = 60.0
# Times at which the page shows each number of strides, in ms since 1970.
_WATCH = """(() => {
    window.seen = {};
    const strides = document.querySelector(".strides");
    new MutationObserver(() => { seen[parseInt(strides.innerText)] ??= performance.timeOrigin + performance.now() })
        .observe(strides, {characterData: true, childList: true, subtree: true});
})()"""


def _browser(folder: str) -> Browser:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NotMeasured("Chromium is missing: apt-get install chromium")
    return Browser(found, Path(folder) / "profile")


@figures("web_latency_ms_median", "web_updates_per_s")
def bench_updates() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, _browser(folder) as browser, Served() as served:
        page = browser.page()
        page.open(served.url)
        page.run(_WATCH)
        sent = served.do(f"strides {SECONDS * RATE_HZ} {RATE_HZ}")["sent"]
        page.until(f"seen[{SECONDS * RATE_HZ}]")
        seen = page.run("seen")
    latencies = [seen[number] - at_ms for number, at_ms in sent.items() if number in seen]
    shown_s = (max(seen.values()) - min(seen.values())) / 1000
    yield "web_latency_ms_median", statistics.median(latencies), "ms", f"{RATE_HZ}/s for {SECONDS} s: item to DOM"
    yield "web_updates_per_s", len(seen) / shown_s, "1/s", f"changes of the DOM at {RATE_HZ} strides/s"


@figures("web_end_to_end_ms_median")
def bench_end_to_end() -> Iterator[Row]:
    _need_runtime()
    source = Source.from_movement(scenario("run", MODEL_HZ, 2, duration_s=RUN_S))
    with (
        tempfile.TemporaryDirectory() as folder,
        _browser(folder) as browser,
        held_pod(source, Setup(), speed=1.0) as (virtual, pod),
    ):
        pod.close()
        latencies = list(_of_pod(browser.page(), virtual, Path(folder), source.duration_s))
    if len(latencies) < 10:
        raise NotMeasured(f"only {len(latencies)} strides came through")
    method = f"{len(latencies)} model strides, real time, 416 Hz: closing sample at the chip to the DOM"
    yield "web_end_to_end_ms_median", 1000 * statistics.median(latencies), "ms", method


def _of_pod(page: BrowserPage, virtual, folder: Path, duration_s: float) -> Iterator[float]:
    environment = {"RETROPOD_RUNS": str(folder / "runs"), "RETROPOD_SETTINGS": str(folder / "settings.toml")}
    words = ("live", "--web", "--keep", "--no-open", "--web-port", str(free_port()), "--port", virtual.url)
    command = _cli(*words, "--seconds", str(duration_s + 20))
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=os.environ | environment
    ) as live:
        assert live.stderr
        page.open(next(line for line in live.stderr if line.startswith("page: ")).split()[1])
        page.run(_WATCH)
        ahead_s = time.time() - time.monotonic()
        virtual.go()
        time.sleep(duration_s + 5.0)
        seen = page.run("seen")
        live.communicate()
    (path,) = (folder / "runs").glob("*/*.rpr")
    for number, stride in enumerate(reader.read(path).strides, 1):
        closed_s = virtual.sample_monotonic_s(stride.sample + round((stride.period_s or 0.0) * virtual.rate_hz))
        if str(number) in seen:
            yield seen[str(number)] / 1000 - ahead_s - closed_s
