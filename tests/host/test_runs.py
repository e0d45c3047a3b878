"""Reading of stored runs, whole and damaged, and their names in the store."""

import random

import pytest

from retropod.errors import DamagedData, ProtocolMismatch, UsageError
from retropod.runs import reader
from retropod.runs.store import Store
from retrowire import codec, runfile, schema


def raw_values(message, **values):
    return [values.get(row[0], b"" if row[1] == "*" or row[1].endswith("s") else 0) for row in codec.fields(message)]


def run_file(strides=20, incompatible=0):
    """Return a run as the pod writes it: header, a block for every four strides, and a block with a lap."""
    out = bytearray(runfile.HEADER_MAX)
    values = raw_values(schema.RUN_HEADER, run=3, name=b"left", rate_mhz=416667, mount=1, uptime_s=100, clock_state=1,
                        epoch_s=1_800_000_000)  # fmt: skip
    held = (schema.STRIDE, schema.EVENT)
    content = bytes(out[: runfile.header_into(values, held, incompatible, 0, out)])
    size, sequence = codec.size(schema.STRIDE), 0
    for first in range(0, strides, 4):
        payload = bytearray(4 * size)
        for number in range(first, first + 4):
            record = raw_values(schema.STRIDE, number=number, uptime_s=100 + number, direction=2, length=-900)
            codec.pack_into(schema.STRIDE, record, payload, (number - first) * size)
        content += block(runfile.STRIDES, sequence, payload)
        sequence += 1
    event = bytearray(codec.size(schema.EVENT))
    codec.pack_into(schema.EVENT, raw_values(schema.EVENT, kind=1, uptime_s=105), event, 0)
    return content + block(runfile.EVENTS, sequence, event)


def block(kind, sequence, payload):
    out = bytearray(len(payload) + runfile.BLOCK_AROUND)
    return bytes(out[: runfile.block_into(kind, sequence, payload, len(payload), out)])


def test_a_whole_run_is_read_back():
    run = reader.parse(run_file())
    assert [stride.number for stride in run.strides] == list(range(20))
    assert run.strides[3].direction == "backward"
    assert run.strides[3].along_m == -0.9
    assert [event.kind for event in run.events] == ["lap"]
    assert (run.header.name, run.header.mount) == ("left", "given")
    assert run.whole


def test_damage_in_the_middle_costs_its_block_and_is_reported():
    content = bytearray(run_file())
    content[len(content) // 2] ^= 0x40
    run = reader.parse(bytes(content))
    assert len(run.strides) == 16
    assert len(run.damaged) == 1
    assert run.missing == 1
    assert not run.whole


def test_a_run_cut_anywhere_is_read_up_to_there():
    content = run_file()
    header = runfile.read_header(content)["length"]
    for length in range(header, len(content), 3):
        run = reader.parse(content[:length])
        assert [stride.number for stride in run.strides] == list(range(len(run.strides)))
        assert run.missing == 0


def test_random_damage_never_raises_anything_else():
    content, chance = run_file(), random.Random(2)
    for _ in range(300):
        bad = bytearray(content)
        for _ in range(chance.randrange(1, 8)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        try:
            reader.parse(bytes(bad[: chance.randrange(len(bad))]))
        except DamagedData as error:
            assert error.hint


def test_an_unknown_incompatible_flag_is_refused():
    with pytest.raises(ProtocolMismatch, match="0x80"):
        reader.parse(run_file(incompatible=0x80))


def test_a_tilde_in_the_folder_of_the_environment_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RETROPOD_RUNS", "~/x")
    assert Store().root == tmp_path / "x"


def test_a_run_is_found_by_number_by_pod_or_by_file(tmp_path):
    store = Store(tmp_path)
    for pod_id in ("aa11", "bb22"):
        path = store.path(pod_id, 7)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    assert store.find("bb/7") == store.path("bb22", 7)
    assert store.find(str(store.path("aa11", 7))) == store.path("aa11", 7)
    with pytest.raises(UsageError, match="2 runs"):
        store.find("7")
    with pytest.raises(UsageError, match="no such"):
        store.find("8")
