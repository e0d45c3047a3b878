"""A faster line: which registers are written, when it is refused, and when it is given up."""

import pytest

from pod.hal.fastline import FastLine, Refusal, Uart

CPU_HZ = 240_000_000
ESP32 = "Generic ESP32 module with ESP32"
S3 = "Generic ESP32S3 module with ESP32S3"
CLKDIV, STATUS, CONF0, FSM_STATUS, CLK_CONF = 0x14, 0x1C, 0x20, 0x6C, 0x78
BASE = {ESP32: 0x3FF40000, S3: 0x60000000}
AS_FOUND = {
    ESP32: {CLKDIV: 10 << 20 | 8, STATUS: 0, CONF0: 0x1000001C},  # 1 MHz / 8.625
    S3: {CLKDIV: 3 << 20 | 347, STATUS: 0, FSM_STATUS: 0, CLK_CONF: 0x03700000},  # 40 MHz / 347.19
}


class Link:
    """The attributes that a FastLine reads."""

    def __init__(self):
        self.heard = self.damaged = 0
        self.idle = True
        self.watch = None
        self.rates = []

    def set_line(self, rate):
        self.rates.append(rate)


def registers(chip, **changed):
    words = AS_FOUND[chip] | {globals()[name]: word for name, word in changed.items()}
    return {BASE[chip] + at: word for at, word in words.items()}


def fast(link, mem32, chip=ESP32, rate=921_600):
    link.watch = FastLine(link, Uart(mem32, chip, CPU_HZ), 115_200, rate)
    return link.watch


def hz_of(mem32, chip):
    word = mem32[BASE[chip] + CLKDIV]
    source = 40_000_000 if chip == S3 else 80_000_000 if mem32[BASE[chip] + CONF0] & 1 << 27 else 1_000_000
    return source * 16 / ((word & 0xFFF) * 16 + (word >> 20 & 15))


@pytest.mark.parametrize("chip", [ESP32, S3])
@pytest.mark.parametrize("rate", [230_400, 460_800, 921_600])
def test_the_registers_say_the_rate_and_are_put_back(chip, rate):
    link, mem32 = Link(), registers(chip)
    found = dict(mem32)
    watch = fast(link, mem32, chip, rate)
    assert mem32 == found
    watch.step(5)
    assert hz_of(mem32, chip) == pytest.approx(rate, rel=0.015)
    assert link.rates == [rate]
    watch.end()
    assert mem32 == found
    assert link.rates[-1] == 115_200 and link.watch is None


def test_nothing_changes_before_the_answer_has_left():
    link, mem32 = Link(), registers(ESP32, STATUS=7 << 16)
    watch = fast(link, mem32)
    watch.step(100)
    assert link.rates == []
    link.idle = False
    mem32[BASE[ESP32] + STATUS] = 0
    watch.step(100)
    assert link.rates == []
    link.idle = True
    watch.step(100)
    assert link.rates == [921_600]


def test_an_answer_that_does_not_leave_calls_it_off():
    link, mem32 = Link(), registers(ESP32, STATUS=1 << 24)
    found = dict(mem32)
    watch = fast(link, mem32)
    for _ in range(6):
        watch.step(100)
    assert link.watch is None and mem32 == found and link.rates == [115_200]


@pytest.mark.parametrize(
    ("chip", "changed", "cpu_hz", "why"),
    [
        ("ESP32S2 thing with ESP32S2", {}, CPU_HZ, "no known chip"),
        ("a board with RP2040", {}, CPU_HZ, "no known chip"),
        (ESP32, {}, 40_000_000, "too slowly"),
        (ESP32, {"CLKDIV": 0}, CPU_HZ, "not as expected"),
        (ESP32, {"CONF0": 0x1800001C}, CPU_HZ, "not as expected"),  # 80 MHz / 8.625 is not 115,200
        (S3, {"CLK_CONF": 0x03600000}, CPU_HZ, "not as expected"),  # from the RC oscillator
        (S3, {"CLK_CONF": 0x03700041}, CPU_HZ, "not as expected"),  # with a fraction
    ],
)
def test_it_is_refused_where_it_is_not_understood(chip, changed, cpu_hz, why):
    mem32 = registers(chip if chip in BASE else ESP32, **changed)
    found = dict(mem32)
    with pytest.raises(Refusal, match=why):
        FastLine(Link(), Uart(mem32, chip, cpu_hz), 115_200, 921_600)
    assert mem32 == found


def test_an_untried_rate_is_refused():
    with pytest.raises(Refusal, match="rates"):
        fast(Link(), registers(ESP32), rate=921_601)


def lasts_ms(watch, link, each=lambda: None):
    """How long until it is given up."""
    for ms in range(0, 10_000, 10):
        if link.watch is None:
            return ms
        each()
        watch.step(10)
    return None


def test_it_is_given_up_when_nothing_whole_comes():
    link = Link()
    watch = fast(link, registers(ESP32))
    assert 650 < lasts_ms(watch, link) < 800  # the first frame
    watch = fast(link, registers(ESP32))
    watch.step(10)
    link.heard += 1
    assert 5000 <= lasts_ms(watch, link) < 5100  # a host that has nothing to say, or is gone
    watch = fast(link, registers(ESP32))
    watch.step(10)
    link.heard += 1
    watch.step(10)
    link.damaged += 1
    assert 650 < lasts_ms(watch, link) < 800  # damage, and nothing whole after it


def test_damage_among_whole_frames_is_bearable():
    link = Link()
    watch = fast(link, registers(ESP32))
    watch.step(10)

    def now_and_then():
        link.damaged += 1
        link.heard += 1

    assert lasts_ms(watch, link, now_and_then) is None
