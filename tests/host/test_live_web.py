"""The live page without a browser: its state, its texts, its drawings and its access."""

import asyncio
import json
import logging
import re
import stat

import pytest
from nicegui import ui

from host.strides import stride
from host.test_live import Clock, message
from retropod.client.messages import RawMessage, StatusMessage
from retropod.client.stream import Gap, Restarted
from retropod.insight.context import RunContext
from retropod.insight.directions import DIRECTIONS
from retropod.insight.feet import compare_feet
from retropod.insight.groups import by_direction
from retropod.insight.steps import TimedStride
from retropod.insight.units import UNITS
from retropod.live import plan, signs, targets
from retropod.live.cues import Cue, CueKind, Cues
from retropod.live.interruptions import Disconnected
from retropod.live.plantimer import PlanTimer
from retropod.live.watch import StreamStats
from retropod.live.web import access, drawings, server, texts
from retropod.live.web.sounds import SOUNDS
from retropod.live.web.state import STRIP, Mark, ShoeTrack, common
from retropod.live.web.totals import Total
from retropod.live.web.view import WebView
from retropod.live.web.wave import RawWave

TOKEN = "a-token_of_22_letters0"


class Control:
    """A pod that does nothing."""

    status, message = StatusMessage(battery_percent=84, mount="verified", run=7), ""

    def __init__(self):
        self.pressed = []

    def press(self, key):
        self.pressed.append(key)


class Session:
    """A session that a test feeds."""

    def __init__(self, cues=None, raw=False):
        self.clock, self.control, self.away = Clock(), Control(), False
        self.stats = StreamStats(clock=self.clock)
        self.shoe = ShoeTrack("pod", "left", lambda: self.control.status, lambda: self.away, raw=raw)
        self.shoe.stats = self.stats
        self.view = WebView([self.shoe], self.control, cues or Cues())
        self.sounds = []
        self.view.board.sound = self.sounds.append

    def take(self, item, note=""):
        stride = self.stats.take(item) if item is not None and not isinstance(item, Cue) else None
        self.view.show(self.shoe, 61.0, item, stride, note)
        return self.state

    def walk(self, direction, number=6):
        for at in range(number):
            self.clock.now_s += 0.7
            length = -2.0 if direction == "backward" else 2.0
            self.take(message(at, direction=direction, length=length, uptime_s=0, uptime_ms=0.7 * at))
        return self.state

    @property
    def state(self):
        return self.view.board.state


def test_totals_are_those_of_insight():
    strides = [stride(at, DIRECTIONS[at % 3], flags=("tilt_open",) if at % 5 == 0 else ()) for at in range(40)]
    for group in by_direction(strides, RunContext()):
        total = Total()
        for one in group.strides:
            total.add(one)
        assert total.strides == group.values["strides"].value
        assert total.time_s == pytest.approx(group.values["time_s"].value)
        assert total.distance_m == pytest.approx(group.values["distance_m"].value)


def test_a_total_without_a_length_has_no_distance():
    total = Total()
    total.add(stride(along_m=None))
    assert total.distance_m is None and texts.total(total, UNITS["si"]) == "1 stride, – m, 0:00"


def test_values_older_than_three_seconds_are_dashes():
    session = Session()
    (shoe,) = session.walk("backward").shoes
    assert texts.word(shoe) == "BACKWARD"
    assert texts.speed(shoe, UNITS["metric"]) == ("−10.3", "km/h")
    assert texts.contact(shoe.now)[0] == "220"
    session.clock.now_s += 12.0
    (shoe,) = session.take(None).shoes
    assert (texts.word(shoe), texts.speed(shoe, UNITS["metric"])) == ("STANDING", ("0:12", ""))
    assert texts.cadence(shoe.now)[0] == texts.contact(shoe.now)[0] == texts.bout(shoe.now)[0] == texts.DASH


def test_the_bout_timer_runs_between_two_strides():
    session = Session()
    begin_s = session.walk("forward").shoes[0].now.bout_s
    session.clock.now_s += 1.5
    assert session.take(None).shoes[0].now.bout_s == pytest.approx(begin_s + 1.5)


def test_before_the_first_stride_nothing_is_zero():
    (shoe,) = Session().take(None, "no stride yet: walk").shoes
    assert (texts.word(shoe), texts.speed(shoe, UNITS["si"])) == ("WALK", ("", ""))
    assert texts.total(shoe.totals["forward"], UNITS["si"]) == texts.DASH
    assert texts.share(shoe, "forward") == 0.0


def test_a_lost_port_is_shown_and_no_value_with_it():
    session = Session()
    session.walk("forward")
    session.away = True  # The last state of the pod is at most 5 s old.
    state = session.take(None)
    assert texts.word(state.shoes[0]) == "NO LINK" and texts.speed(state.shoes[0], UNITS["si"])[0] == texts.DASH
    (shoe,) = state.shoes
    assert texts.pod(shoe) == "battery –, mount –, recording –, waiting for the port" and texts.is_incomplete(shoe)


def test_every_gap_and_every_key_is_a_notice():
    session = Session()
    session.take(Gap(3))
    session.control.message = "lap in run 7"
    state = session.take(None, "the pod decides no direction")
    assert texts.notices(state) == "the pod decides no direction · lap in run 7 · 3 frames lost"
    assert "recording run 7, 3 frames lost" in texts.pod(state.shoes[0])


def test_the_state_is_json():
    session = Session(Cues(PlanTimer(plan.parse("20s back")), [targets.parse("speed 1..2", UNITS["si"])]), raw=True)
    session.walk("forward")
    found = json.loads(json.dumps(session.state.as_json()))
    assert found["shoes"][0]["now"]["way"] == "forward" and found["goals"][0]["state"]


def test_a_plan_is_shown_from_its_announcement_to_its_end():
    now = Clock()
    timer = PlanTimer(plan.parse("2x(20s back, 90s forward)"), now)
    session = Session(Cues(timer))
    assert texts.plan(session.take(None))[2] == "starts with the first stride, or with p"
    session.view.press("p")
    assert texts.plan(session.take(None)) == ("get ready", "3", "then 20 s backward")
    now.now_s += 4.0
    assert texts.plan(session.take(None)) == ("backward, 1 of 2", "19", "then 90 s forward")
    now.now_s += 20.0
    assert texts.plan(session.take(None)) == ("forward, 1 of 2", "1:29", "then 20 s backward")
    now.now_s += 200.0
    assert texts.plan(session.take(None)) == ("plan done", "", "")
    assert session.control.pressed == []


def test_keys_of_a_page_reach_the_pod():
    session = Session()
    session.view.board.press("l")
    assert session.control.pressed == ["l"]


def test_every_cue_has_a_sound_of_its_own():
    session = Session()
    for kind in CueKind:
        session.take(Cue(kind, ""))
    assert len(set(session.sounds)) == len(CueKind)
    rhythms = {(len(tones), tuple(tone.length_s for tone in tones)) for tones in SOUNDS.values()}
    assert len(rhythms) >= len(SOUNDS) - 1  # forward and backward differ in melody


def test_the_strip_has_the_last_strides_and_encodes_the_direction_by_position():
    marks = [Mark(way, 2.0) for way in ("forward", "backward", "lateral", "unknown")]
    bars = re.findall(r'y="([\d.]+)" height="([\d.]+)"', drawings.strip(marks))
    spans = [(float(top), float(top) + float(height)) for top, height in bars]
    assert len(set(spans)) == 4 and spans[0][1] == 50.0 == spans[1][0]
    assert 'aria-label="last 4 strides: 1 forward, 1 backward, 1 sideways, 1 unknown"' in drawings.strip(marks)
    shoe = ShoeTrack("pod", None)
    for number in range(STRIP + 5):
        shoe.add(stride(number))
    assert len(shoe.state().marks) == STRIP


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_have_contrast_to_their_text_to_the_page_and_to_the_other_direction():
    for one in (*signs.COLOURS.values(), signs.PLAIN):
        assert contrast(one.paper, one.ink) >= 5
    for one in signs.COLOURS.values():
        assert contrast(one.paper, "#1f2428") >= 2.5
    assert contrast(signs.COLOURS["forward"].paper, signs.COLOURS["backward"].paper) >= 2


def test_every_shape_is_drawn_as_cells_and_as_a_path():
    cells = {name: "\n".join(signs.cells(name)) for name in signs.SHAPES}
    assert len(set(cells.values())) == len(cells)
    assert signs.cells("forward") == ["   #   ", "  ###  ", " ##### ", "   #   ", "   #   "]
    assert all(signs.path(name).startswith("M") for name in signs.SHAPES)


def test_raw_samples_become_lines_only_while_a_page_shows_them():
    session = Session(raw=True)
    data = b"".join(value.to_bytes(2, "little", signed=True) for value in (-100, 0, 100) * 8)
    session.take(RawMessage(sample=0, count=8, axes=3, encoding="counts", data=data))
    assert session.state.wave and session.state.shoes[0].lines == ()
    session.view.board.waves = 1
    assert session.take(None).shoes[0].lines == ((1.0,) * 8, (0.5,) * 8, (0.0,) * 8)


def raw(sample, count=8, value=100):
    data = b"".join(one.to_bytes(2, "little", signed=True) for one in (-value, 0, value) * count)
    return RawMessage(sample=sample, count=count, axes=3, encoding="counts", data=data)


def test_lost_raw_samples_are_a_gap_of_the_lines():
    wave = RawWave()
    for sample in (0, 8, 26, 34):
        wave.add(raw(sample))
    (_, line, _) = wave.lines()
    assert line == (*[0.5] * 16, *[None] * 10, *[0.5] * 16)
    wave.add(raw(0))  # Numbered from 0 again.
    assert wave.lines()[1][-13:] == (0.5, *[None] * 4, *[0.5] * 8)
    assert drawings.wave([line]).count("M") == 2 and "None" not in drawings.wave([line])


def test_one_lost_sample_is_seen_in_a_full_drawing():
    wave = RawWave()
    wave.add(raw(0, 800))
    wave.add(raw(801, 396))
    assert None in wave.lines()[0]


@pytest.mark.parametrize("item", [Disconnected(), Restarted(1.0)])
def test_raw_samples_of_an_ended_connection_are_not_shown(item):
    session = Session(raw=True)
    session.view.board.waves = 1
    session.take(raw(0))
    assert session.state.shoes[0].lines
    assert session.take(item).shoes[0].lines == ()


def test_raw_samples_are_shown_for_three_seconds():
    clock = Clock()
    wave = RawWave(clock)
    wave.add(raw(0))
    clock.now_s += 2.9
    assert wave.lines()
    clock.now_s += 0.2
    assert wave.lines() == ()


def test_a_damaged_raw_message_is_left_out():
    wave = RawWave()
    wave.add(RawMessage(sample=0, count=3, axes=7, data=b"x"))
    assert wave.lines() == ()


# --- several shoes ----------------------------------------------------------------------------------------------------


class PairSession:
    """Two shoes, of which the right one has 20 ms more contact."""

    def __init__(self):
        self.clock, self.away = Clock(), {"left": False, "right": False}
        self.control = Control()
        self.shoes = [ShoeTrack("pod", side, lambda: self.control.status, lambda side=side: self.away[side])
                      for side in self.away]  # fmt: skip
        for one in self.shoes:
            one.stats = StreamStats(clock=self.clock)
        self.feet = None
        self.view = WebView(self.shoes, self.control, Cues(), True, lambda: self.feet)

    def walk(self, shoe, direction, number=6):
        for at in range(number):
            length = -2.0 if direction == "backward" else 2.0
            sent = message(at, direction=direction, length=length, uptime_s=0, uptime_ms=0.7 * at)
            self.view.show(shoe, 10.0, sent, shoe.stats.take(sent))
        return self.view.board.state


def test_the_direction_of_both_feet_is_common_only_if_they_agree():
    session = PairSession()
    left, right = session.shoes
    session.walk(left, "forward")
    state = session.walk(right, "forward")
    assert texts.word(common(state.shoes)) == "FORWARD" and texts.spoken(state) == "forward"
    assert texts.speed(common(state.shoes), UNITS["metric"]) == texts.speed(state.shoes[0], UNITS["metric"])
    state = session.walk(right, "backward")
    assert texts.word(common(state.shoes)) == "MIXED" and texts.spoken(state) == "left forward, right backward"
    assert texts.speed(common(state.shoes), UNITS["metric"])[0] == texts.DASH


def test_a_lost_pod_concerns_its_own_panel_only():
    session = PairSession()
    left, right = session.shoes
    session.walk(left, "backward")
    session.walk(right, "forward")
    session.away["right"] = True
    session.view.show(right, 11.0, Disconnected(), right.stats.take(Disconnected()))
    state = session.view.board.state
    assert [texts.word(one) for one in state.shoes] == ["BACKWARD", "NO LINK"]
    assert texts.word(common(state.shoes)) == "BACKWARD"
    assert [texts.is_incomplete(one) for one in state.shoes] == [False, True]
    assert texts.notices(state) == "right: the port went away; waiting for it"
    assert texts.feet_note(state) == "left against right: when both pods have a link"
    session.away["left"] = True
    session.view.show(left, 11.0, None, None)
    assert texts.word(common(session.view.board.state.shoes)) == "NO LINK"


def test_left_against_right_has_error_bounds_or_reasons():
    feet = [
        [TimedStride(stride(at, contact_time_s=contact_s), 1000.0 + 0.7 * at + later_s, 0.004) for at in range(14)]
        for contact_s, later_s in ((0.22, 0.0), (0.24, 0.35))
    ]
    (compared,) = compare_feet(*feet)
    si = UNITS["si"]
    assert texts.steps(compared, si) == ("171", "steps/min of both feet")
    assert texts.contact_difference(compared, si) == ("−20", "ms left − right, ±10 ms")
    value, unit = texts.flight(compared, si)
    assert re.fullmatch(r"\d+ / \d+", value) and re.fullmatch("ms in the air after left / right toe-off, ±9 ms", unit)
    (uncertain,) = compare_feet(*([one._replace(error_s=0.1) for one in foot] for foot in feet))
    assert texts.flight(uncertain, si) == (texts.DASH, "the time is shorter than the error of both clocks, ±201 ms")
    assert texts.steps(None, si) == texts.flight(None, si) == (texts.DASH, "")


def test_the_state_of_two_shoes_is_json():
    session = PairSession()
    session.walk(session.shoes[0], "forward")
    assert [one["foot"] for one in json.loads(json.dumps(session.view.board.state.as_json()))["shoes"]] == [
        "left",
        "right",
    ]


def test_only_the_samples_of_the_drawing_wait_to_be_decoded():
    wave = RawWave()
    for at in range(1000):
        wave.add(RawMessage(sample=100 * at, count=100, axes=3, encoding="counts", data=bytes(600)))
    assert len(wave._pending) == 12


def test_the_server_does_not_search_all_objects():
    server._config(Session().view.board, TOKEN, UNITS["si"])
    assert ui.run_with.__globals__["gc"].get_objects() == []


def test_a_nicegui_without_that_search_is_served_too(monkeypatch):
    monkeypatch.delitem(ui.run_with.__globals__, "gc")
    server._config(Session().view.board, TOKEN, UNITS["si"])


# --- access ---------------------------------------------------------------------------------------------------------


async def secret(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["root_path"].encode()})


def answer(path, kind="http", app=secret):
    sent = []

    async def send(one):
        sent.append(one)

    async def receive():
        return {}

    scope = {"type": kind, "path": path, "headers": [(b"x-forwarded-prefix", b"/x")]}
    asyncio.run(access.Guard(app, TOKEN)(scope, receive, send))
    return sent


@pytest.mark.parametrize("path", ["/", "/_nicegui/3/static/x.js", "/_nicegui_ws/socket.io/"])
def test_the_page_and_its_parts_are_below_the_token(path):
    start, body = answer(f"/{TOKEN}{path}")
    assert (start["status"], body["body"]) == (200, f"/{TOKEN}".encode())
    headers = dict(start["headers"])
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert b"default-src 'self'" in headers[b"content-security-policy"]


WRONG = (
    "", "/", "/x", "/_nicegui/3/static/x.js", "/_nicegui_ws/socket.io/", f"/{TOKEN[:-1]}/", f"/{TOKEN}x/",
    f"//{TOKEN}/", f"/{TOKEN}/docs", f"/{TOKEN}/../", f"/{TOKEN.upper()}/", "/\u00e9/", f"/{TOKEN}\u00e9/",
)  # fmt: skip


@pytest.mark.parametrize("path", WRONG)
def test_every_other_address_is_the_same_not_found(path):
    assert answer(path) == [
        {"type": "http.response.start", "status": 404,
         "headers": [(b"content-type", b"text/plain"), *access._HEADERS]},
        {"type": "http.response.body", "body": b"not found\n"},
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/_nicegui_ws/socket.io/", f"/{TOKEN}"])
def test_a_web_socket_at_another_address_is_closed_before_it_is_accepted(path):
    assert answer(path, "websocket") == [{"type": "websocket.close"}]


def test_an_address_without_the_last_slash_is_redirected():
    assert answer(f"/{TOKEN}")[0]["headers"] == [(b"location", f"/{TOKEN}/".encode()), *access._HEADERS]


def test_the_token_is_compared_in_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr(access.secrets, "compare_digest", lambda *values: compared.append(values) or False)
    assert answer(f"/{TOKEN}/")[0]["status"] == 404
    assert compared == [(f"/{TOKEN}".encode(), f"/{TOKEN}".encode())]


def test_the_token_persists_in_a_private_file_until_it_is_renewed(tmp_path):
    file = tmp_path / "settings" / "web-token"
    first = access.stored_token(file)
    assert len(first) >= 22 and access.stored_token(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert access.stored_token(file, renew=True) != first


@pytest.mark.parametrize("content", [b"", b"short", b"../../etc/passwd-and-more-letters", b"\xff" * 30])
def test_an_invalid_token_is_replaced(tmp_path, content):
    file = tmp_path / "web-token"
    file.write_bytes(content)
    file.chmod(0o600)
    assert access.stored_token(file).encode() != content


def test_a_token_that_others_can_read_is_replaced(tmp_path):
    file = tmp_path / "web-token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    assert access.stored_token(file) != TOKEN


def fail(log):
    try:
        raise ValueError(f"/{TOKEN}/ failed")
    except ValueError as error:
        log.exception(error)


@pytest.mark.parametrize("name", server._LOGGERS)
def test_the_server_reports_errors_only_without_the_token_and_prints_nothing(capfd, name):
    log, reported = logging.getLogger(name), []
    before = log.handlers[:], log.level, log.propagate
    with server._errors_to(reported.append, TOKEN):
        log.warning("http://127.0.0.1/%s/x not found", TOKEN)
        fail(log)
    (text,) = reported
    assert "ValueError: /TOKEN/ failed" in text and TOKEN not in text
    assert capfd.readouterr() == ("", "")
    assert (log.handlers, log.level, log.propagate) == before
