"""Output of `live`, without a terminal."""

import io

import pytest
from rich.console import Console

from host.strides import stride
from host.tinypod import TinyPod
from retropod.client import wire
from retropod.client.messages import StrideMessage
from retropod.client.pod import Pod
from retropod.client.stream import Gap, Restarted
from retropod.live import view
from retropod.live.watch import StreamStats
from retrowire import codec, schema


def shown(renderable, width=110):
    out = io.StringIO()
    Console(file=out, width=width).print(renderable)
    return out.getvalue()


def test_a_line_shows_the_direction_by_word_and_sign_not_by_colour_alone():
    back = view.stride_line(stride(9, "backward"), 0.7).plain
    assert "▼ backward" in back
    assert "97%" in back
    assert "-2.0 m/s" in back
    assert "220 ms" in back
    aside = view.stride_line(stride(9, "lateral", side="left"), 0.0).plain
    assert "◀ sideways, left" in aside and "m/s" not in aside


def test_an_unreliable_length_is_grey_and_has_its_reason():
    line = view.stride_line(stride(flags=("tilt_open",)), 0.0)
    assert "tilt open" in line.plain
    assert "impossible contact time" in view.stride_line(stride(contact_time_s=0.05, intervals_s=(0.7, 0.7)), 0.0).plain
    greys = [line.plain[span.start : span.end] for span in line.spans if span.style == "bright_black"]
    assert any("1.40 m" in grey for grey in greys)


def test_an_unknown_value_is_a_dash():
    nothing = stride(along_m=None, contact_time_s=None, confidence=None)
    assert view.stride_line(nothing, 0.0).plain.count(" -") == 5


def test_every_line_is_as_wide_as_the_heading():
    widths = {
        len(view.stride_line(stride(number, way, side="right" if way == "lateral" else None), 0.0).plain)
        for number, way in enumerate(("forward", "unknown", "lateral"))
    }
    assert widths == {len(view.HEADING)}


def test_the_footer_shows_totals_and_a_good_link():
    watch = StreamStats(strides=[stride(n, "backward" if n % 4 else "forward") for n in range(12)])
    text = shown(view.footer(watch, 8.4))
    assert "75%" in text
    assert "25%" in text
    assert "steps/min 171" in text
    assert "no gaps, no drops" in text


def test_the_footer_names_losses():
    watch = StreamStats()
    for item in (Gap(3), Gap(2, here=True), Restarted(1.0)):
        watch.take(item)
    text = shown(view.footer(watch, 1.0))
    assert "3 frames lost" in text
    assert "2 messages not read in time" in text
    assert "1 restart of the pod" in text


def test_missing_strides_and_samples_are_counted():
    watch = StreamStats()
    fake = TinyPod()
    with Pod(fake) as pod, pod.stream("strides", "raw", "events") as stream:
        for number in (4, 5, 8):
            fake.send(schema.STRIDE, number=number)
        for sample in (100, 140, 220):
            fake.send(schema.RAW, sample=sample, count=40, axes=6, data=bytes(480))
        fake.send(schema.EVENT, kind=4, a=7)
        for _ in range(7):
            watch.take(stream.next(2.0))
    assert watch.lost_strides == 2
    assert watch.lost_samples == 40
    assert watch.dropped_on_pod == 7
    assert watch.raw_samples == 120
    assert watch.gaps == 42


def test_now_is_not_mixed_from_two_directions():
    watch = StreamStats(strides=[stride(n, "forward" if n < 6 else "backward") for n in range(9)])
    assert watch.now().direction == "backward"
    assert watch.now().values["speed_mps"].value < 0
    assert len(watch.now().strides) == 3


def test_a_decoded_stride_has_the_values_of_the_message():
    body = wire.encode("stride", number=7, direction="lateral_right", length=0.1, lateral=-0.6, confidence=0.9)
    from retropod.insight.stride import Stride

    one = Stride.of(wire.decode("stride", body))
    assert (one.direction, one.side, one.confidence) == ("lateral", "right", 0.9)
    assert one.as_json()["length_m"] == 0.6083


def test_texts_say_sideways_not_lateral():
    strides = [stride(n, "lateral", side="left") for n in range(4)]
    text = shown(view.footer(StreamStats(strides=strides), 4.0)) + view.stride_line(strides[0], 0.0).plain
    assert "sideways, left" in text and "◆ sideways" in text and "lateral" not in text


def test_everything_fits_a_terminal_of_80_columns():
    strides = [stride(n, way) for n, way in enumerate(("forward", "backward", "lateral", "unknown"))]
    watch = StreamStats(strides=strides, lost_frames=2)
    for line in shown(view.footer(watch, 3700.0, raw_hz=416.0), 200).splitlines():
        assert len(line.rstrip()) <= 80, line
    for line in shown(view.ending(watch), 200).splitlines():
        assert len(line.rstrip()) <= 80, line
    assert len(view.HEADING) <= 80
    assert len(view.HEADING_OF_DAY) <= 80


def test_remarks_are_wrapped_and_not_cut():
    flags = (*(name for name, _ in codec.flags("stride")), "0x8000")
    widest = stride(9999, "lateral", side="right", flags=flags, along_m=9.9, contact_time_s=2.0, contact_s=1.6)
    for of_day in (None, "14:03:22.1"):
        lines = view.stride_line(widest, -36_000.0 + 7000, of_day).split()
        assert all(len(line.plain) <= 80 for line in lines), [line.plain for line in lines]
        rest = " ".join(line.plain.strip() for line in lines[1:])
        for remark in ("gap", "clipped gyr", "bias unknown", "turning", "tilt open", "unknown flag 0x8000"):
            assert remark in rest
    assert len(view.stride_line(stride(flags=("first", "mount_unverified")), 0.0).split()) == 1


def test_bars_differ_in_their_characters_and_not_in_colour_alone():
    strides = [stride(n, "backward" if n % 4 else "forward") for n in range(12)]
    line = shown(view.shares(StreamStats(strides=strides).total())).splitlines()[0]
    assert line.count("█") == 20
    forward, backward = line.split("▼")
    assert (forward.count("█"), forward.count("·")) == (5, 15)
    assert (backward.count("█"), backward.count("·")) == (15, 5)


class Clock:
    """A monotonic clock that a test sets."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


def message(number, **values):
    base = {"uptime_s": number, "uptime_ms": 0.0, "period": 0.7, "toe_off": 0.1, "contact": 0.58, "contact_time": 0.22}
    return StrideMessage(**{"number": number, "direction": "forward", "length": 1.4, **base, **values})


def test_values_older_than_three_seconds_are_dashes():
    clock = Clock()
    watch = StreamStats(clock=clock)
    for number in range(5):
        watch.take(message(number))
    assert "contact 220 ms" in shown(view.footer(watch, 5.0))
    clock.now_s += 3.1
    text = shown(view.footer(watch, 8.0))
    assert "steps/min -   contact -   speed -   5 strides" in text
    watch.take(message(5))
    assert "contact 220 ms" in shown(view.footer(watch, 9.0))


def test_now_does_not_reach_back_before_a_pause():
    watch = StreamStats(clock=Clock())
    for number in range(6):
        watch.take(message(number, contact_time=0.3))
    for number in range(6, 8):
        watch.take(message(number, uptime_s=60 + number, contact_time=0.2))
    assert len(watch.now().strides) == 2
    assert watch.now().values["contact_time_s"].value == 0.2
    assert watch.total().strides == 8


def test_a_restart_continues_the_time_and_loses_no_stride():
    clock = Clock()
    watch = StreamStats(clock=clock)
    watch.take(message(20, uptime_s=100, period=1.0))
    clock.now_s += 30.0
    watch.take(Restarted(4.0))
    again = watch.take(message(35, uptime_s=5, period=1.0))
    assert watch.lost_strides == 0
    assert watch.restarts == 1
    assert again.end_s - watch.origin_s == 32.0  # the restart was noticed at 30 s, at uptime 4; the stride ends at 6


def test_the_time_begins_with_the_first_stride_of_known_time():
    watch = StreamStats()
    lost = watch.take(message(1, uptime_s=None))
    assert watch.origin_s is None
    assert view.stride_line(lost, watch.origin_s or 0.0).plain.startswith("      -  ")
    watch.take(message(2, uptime_s=50))
    assert watch.origin_s == 50.7


def test_a_pod_without_a_gyroscope_shows_dashes_and_no_metre():
    strides = [stride(n, along_m=None, lateral_m=None) for n in range(4)]
    text = shown(view.ending(StreamStats(strides=strides)))
    assert "- forward (distance, speed): no stride has a reliable length" in text


def test_the_totals_name_a_direction_without_a_distance():
    strides = [stride(0), stride(1, "backward", flags=("gap",))]
    text = shown(view.ending(StreamStats(strides=strides)))
    assert "- backward (distance, speed): no stride has a reliable length" in text
    assert "1 stride of unreliable length left out" in text


ODD = [
    {"confidence": 1.1}, {"confidence": 65.534}, {"direction": 99}, {"strike": 99}, {"length": 32.767},
    {"length": -32.767, "contact_time": 0.0}, {"contact": 0.0}, {"period": 0.0}, {"flags": ("0xfe00",)},
    {"uptime_s": None}, {"confidence": None, "length": None, "toe_off": None, "contact": None},
]  # fmt: skip


@pytest.mark.parametrize("values", ODD)
def test_an_odd_value_is_clamped_or_unknown_and_never_an_error(values):
    watch = StreamStats()
    one = watch.take(message(1, **values))
    text = "\n".join(line.plain for line in view.stride_line(one, 0.0).split()) + shown(view.footer(watch, 1.0))
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "110%" not in text and "e+" not in text and "nan" not in text
    shown(view.ending(watch))
