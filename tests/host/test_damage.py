"""Damaged runs: the reader returns every whole block and reports the gaps with their times."""

import random

import pytest

from host.test_runs import block, raw_values, run_file
from host.test_timing import content as run_with
from host.test_timing import event, told
from retropod.errors import DamagedData
from retropod.runs import reader
from retropod.runs.gaps import RunGap, gaps
from retropod.runs.timing import timing
from retrowire import codec, runfile, schema

NOON = 1_800_000_000
LAST = codec.size(schema.EVENT) + runfile.BLOCK_AROUND  # the block with the lap
STRIDES = 4 * codec.size(schema.STRIDE) + runfile.BLOCK_AROUND


def length_of_header(content):
    return runfile.read_header(content)["length"]


def stopped():
    return block(runfile.EVENTS, 6, event("stopped", 121, 20, 0))


def test_a_whole_run_lacks_nothing():
    assert gaps(reader.parse(run_file())) == []


def test_strides_of_a_lost_block_are_counted_and_timed():
    content = bytearray(run_file())
    content[length_of_header(content) + STRIDES + 40] ^= 1  # in the second block, which holds strides 4 to 7
    run = reader.parse(bytes(content) + stopped())
    assert [stride.number for stride in run.strides] == [*range(4), *range(8, 20)]
    assert gaps(run) == [RunGap("strides", 4, 103.0, 108.0)]


def test_a_torn_end_is_open():
    content = run_file()
    run = reader.parse(content[: length_of_header(content) + 2 * STRIDES + 30])
    assert gaps(run) == [RunGap("end", None, 107.0, None)]


def test_what_stands_behind_an_end_in_order_is_nothing_missing():
    run = reader.parse(run_file() + stopped() + bytes(500))
    assert not run.whole and gaps(run) == []


def test_blocks_that_come_twice_are_read_once():
    content = run_file()
    run = reader.parse(content + content)
    assert [stride.number for stride in run.strides] == list(range(20))


def test_when_no_stride_is_left_all_are_missing():
    content = run_file()
    head = length_of_header(content)
    run = reader.parse(content[:head] + bytes(len(content) - head - LAST) + content[-LAST:] + stopped())
    assert not run.strides and run.missing
    assert gaps(run) == [RunGap("strides", None, 100.0, None)]


def test_lost_raw_samples_are_reported_but_not_those_of_the_chip():
    out = bytearray(runfile.HEADER_MAX)
    values = raw_values(schema.RUN_HEADER, rate_mhz=100_000, uptime_s=10, sample=1000)
    content = bytes(out[: runfile.header_into(values, (schema.EVENT, schema.RAW), 0, 0, out)])
    for sequence, sample in ((0, 1000), (1, 1100), (3, 1300)):  # 2 is lost; the chip lost 50 before 1100
        payload = bytearray(codec.size(schema.RAW) + 50 * 12)
        codec.pack_into(schema.RAW, [sample, 50, 6, 0, bytes(600)], payload, 0)
        content += block(runfile.RAW, sequence, payload)
    lost = bytearray(codec.size(schema.EVENT))
    codec.pack_into(schema.EVENT, raw_values(schema.EVENT, kind=3, uptime_s=11, sample=1100, a=50), lost, 0)
    run = reader.parse(content + block(runfile.EVENTS, 4, lost))
    assert [gap for gap in gaps(run) if gap.what == "samples"] == [RunGap("samples", 150, 11.5, 13.0)]


def test_without_a_header_the_blocks_are_read_all_the_same():
    content = bytearray(run_with(3, [told(105, NOON)]))
    content[30] ^= 0xFF
    run = reader.parse(bytes(content))
    assert run.headless and not run.whole
    assert len(run.strides) == 2 and run.header.name == "" and run.header.run is None
    start = timing(run).start
    assert start is not None and start.time_s == pytest.approx(NOON + 5, abs=0.01)  # of the first stride


def test_a_file_without_any_block_is_not_a_run():
    for content in (b"", b"hello\n" * 100, run_file()[:8], random.Random(1).randbytes(5000)):
        with pytest.raises(DamagedData):
            reader.parse(content)
