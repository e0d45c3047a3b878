"""Output of `live`, without a terminal."""

import io

from rich.console import Console

from host.strides import stride
from host.tinypod import TinyPod
from retropod.client import wire
from retropod.client.pod import Pod
from retropod.client.stream import Gap, Restarted
from retropod.live import view
from retropod.live.watch import StreamStats
from retrowire import schema


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
    assert "◀ sideways, left" in view.stride_line(stride(9, "lateral", side="left"), 0.0).plain


def test_an_unreliable_length_is_grey_and_has_its_reason():
    line = view.stride_line(stride(flags=("tilt_open",)), 0.0)
    assert "tilt open" in line.plain
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
    assert "2 not read in time" in text
    assert "1 restarts" in text


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
    assert watch.now().speed_mps < 0
    assert watch.now().strides == 3


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
    assert len(view.HEADING) <= 80
