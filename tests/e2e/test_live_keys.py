"""`retropod live` on a terminal: its keys, and the mode of the terminal after every way to end."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request

import pytest

from e2e.tool import PATIENCE_S
from retropod.live.control import UNHEARD
from retropod.runs import reader

SHOWN, LEFT = "\x1b[?1049h", "\x1b[?1049l"  # alternate screen


class Terminal:
    """A command on a pseudo-terminal of 80 x 24."""

    def __init__(self, environment, *words):
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self._slave)
        self.out = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from retropod.cli import main; sys.exit(main())", *words],
            stdin=self._slave, stdout=self._slave, stderr=self._slave, env=environment,
            preexec_fn=self._lead,
        )  # fmt: skip

    def _lead(self):
        os.setsid()
        fcntl.ioctl(self._slave, termios.TIOCSCTTY, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def _read(self):
        if select.select([self._master], [], [], 0.05)[0]:
            self.out += os.read(self._master, 65536).decode("utf-8", "replace")

    def until(self, *texts):
        """Read until one of the texts arrives that was not there before this call. Return it."""
        begin, end_s = len(self.out), time.monotonic() + PATIENCE_S
        while not (found := [text for text in texts if text in self.out[begin:]]):
            assert time.monotonic() < end_s and self.process.poll() is None, self.out[-3000:]
            self._read()
        return found[0]

    def press(self, key, answer):
        """Press a key, again if a slow pod did not answer in time, until its result is shown."""
        self.type(key)
        while self.until(answer, UNHEARD) != answer:
            self.type(key)

    def type(self, key):
        os.write(self._master, key.encode())

    def end(self):
        """Read to the end. Return the exit code."""
        end_s = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end_s, self.out[-3000:]
            self._read()
        for _ in range(4):
            self._read()
        return self.process.returncode

    @property
    def restored(self):
        """Return whether the terminal has its mode and usual screen again, with a cursor."""
        screen = self.out.rfind(SHOWN) < self.out.rfind(LEFT) or SHOWN not in self.out
        cursor = self.out.rfind("\x1b[?25l") < self.out.rfind("\x1b[?25h")
        return screen and cursor and termios.tcgetattr(self._slave) == self.before


@pytest.fixture
def terminal(tool, tmp_path):
    """Start `live` for a port on a terminal."""
    settings = {"TERM": "xterm-256color", "COLUMNS": "80", "RETROPOD_SETTINGS": str(tmp_path / "settings.toml")}
    return lambda port, *words: Terminal(tool(port).environment | settings, "live", *words)


def test_the_keys_of_the_big_view(walking, tool, terminal):
    pod = walking()
    with terminal(pod.url, "--big", "--units", "metric") as live:
        live.until("km/h")
        assert SHOWN in live.out
        live.press("l", "press r to record")
        live.press("r", "recording run 1")
        live.press("l", "lap in run 1")
        live.press("m", "bell muted")
        live.press("m", "bell at each cue")
        live.press("r", "run 1 is closed")
        live.type("q")
        assert live.end() == 0
        assert live.restored
        assert "forward" in live.out[live.out.rfind(LEFT) :], "the summary follows on the usual screen"
    at = tool(pod.url)
    (lap,) = [one for one in at.good("show", at.good("download", "--json").objects[0]["file"], "--json").objects
              if one["type"] == "lap"]  # fmt: skip
    assert lap["number"] == 1


def test_the_keys_of_the_log(walking, terminal):
    with terminal(walking().url) as live:
        live.until("▲ forward")
        live.press("m", "bell at each cue")
        live.press("r", "recording run 1")
        live.press("r", "run 1 is closed")
        live.type("q")
        assert live.end() == 0
        assert live.restored


@pytest.mark.parametrize("words", [["--big"], []], ids=["big", "log"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_signal_restores_the_terminal(walking, terminal, words, number):
    with terminal(walking().url, *words) as live:
        live.until("forward" if not words else "m/s")
        live.process.send_signal(number)
        assert live.end() == 130
        assert live.restored
        assert "no gaps, no drops" in live.out


def test_the_page_is_served_until_q(walking, terminal):
    pytest.importorskip("nicegui")
    client = pytest.importorskip("websockets.sync.client")
    with terminal(walking().url, "--web", "--web-port", "0", "--no-open") as live:
        live.until("▲ forward")
        url = re.search(r"page: (http://127\.0\.0\.1:\d+/)([\w-]+/)", live.out).groups()
        with urllib.request.urlopen("".join(url)) as answer:
            assert "retropod live" in answer.read().decode() and "server" not in answer.headers
        for address in (url[0], url[0] + "_nicegui/", url[0] + "wrong/", f"{url[0]}_nicegui_ws/socket.io/?EIO=4"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(address)
            assert (refused.value.code, refused.value.read()) == (404, b"not found\n")
            refused.value.close()
        with pytest.raises(client.InvalidStatus, match="HTTP 403"):
            client.connect("".join(url).replace("http", "ws").removesuffix("/"))
        live.type("q")
        assert live.end() == 0
        assert live.restored
        assert "Traceback" not in live.out
        assert live.out.count(url[1].strip("/")) == 1, "only the address names the secret"
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen("".join(url))


def test_an_error_restores_the_terminal(walking, terminal):
    pod = walking()
    with terminal(pod.url, "--big") as live:
        live.until("m/s")
        pod.kill()
        live.until("no answer")
        live.end()
        assert live.process.returncode == 3
        assert live.restored


def test_the_big_view_needs_a_terminal(tool):
    ran = tool("/dev/no-such-port")("live", "--big")
    assert ran.code == 2 and "error: --big needs a terminal" in ran.err


def test_the_summary_has_the_units_of_the_user(walking, tool):
    assert "mph" in tool(walking().url).good("live", "--units", "imperial", "--strides", "3").out


def test_a_session_is_kept_without_a_recording(walking, tool):
    pod = walking()
    at = tool(pod.url)
    ran = at.good("live", "--keep", "--json", "--strides", "6", "-v")
    strides = [one for one in ran.objects if one["type"] == "stride"]
    (stored,) = at.good("runs", "--here", "--json").objects
    run = reader.read(at.store / stored["file"])
    assert run.whole and run.ended
    assert ran.objects[-1]["kept"] == [str(at.store / stored["file"])]
    of_the_host = ("type", "host_monotonic_s", "wall_time", "wall_error_s")
    streamed = [{name: value for name, value in one.items() if name not in of_the_host} for one in strides]
    assert [one.as_json() for one in run.strides] == streamed
    own = at.good("info", "--json").objects[0]["pod"]["device_id"]
    assert run.header.device_id == "ff" + own[2:] != own
    assert at.good("runs", "--json").objects == [], "the pod has recorded nothing"
    shown = at.good("show", stored["file"], "--json").objects[0]
    assert shown["start_error_s"] < 1.0


def test_a_plan_and_a_target_give_cues(walking, tool):
    ran = tool(walking().url).good(
        "live", "--json", "--strides", "8", "--plan", "2x(2s forward, 60s back)", "--target", "forward cadence 1.."
    )
    cues = [one for one in ran.objects if one["type"] == "cue"]
    steps = [one["way"] for one in cues if one["kind"] == "step"]
    assert steps == ["forward", "backward"]
    assert [one["text"] for one in cues if one["kind"] == "countdown"][:3] == ["3", "2", "1"]
    assert "target" in [one["kind"] for one in cues]
    first, second = ran.objects[-1]["plan"]
    assert first["strides_in_way"] == first["strides"] > 0 and second["followed_share"] == 0.0


@pytest.mark.parametrize(("option", "text", "cause"), [
    ("--plan", "20s bak", "invalid plan, column 5: unknown direction `bak`"),
    ("--target", "pace 3..4", "invalid target `pace 3..4`: unknown metric `pace`"),
])  # fmt: skip
def test_an_invalid_plan_or_target_is_a_usage_error_without_a_pod(tool, option, text, cause):
    ran = tool("/dev/no-such-port")("live", option, text)
    assert ran.code == 2 and f"error: {cause}" in ran.err and "hint: write" in ran.err
