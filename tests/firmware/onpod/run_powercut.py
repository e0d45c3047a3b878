"""Power cut at every write of a session: record, lap, stop, record raw, erase, fill the flash.

Afterwards no acknowledged block is missing, nothing is misread, and recording goes on. Prints how many cuts were made.
"""

import gc

import flash
from recording import Pod, number_kept, read_back

from pod.recorder import FULL, RecorderError

BLOCKS = 26


class Told:
    """What the pod has acknowledged: per run, the sequence below which all is durable; the runs that were erased."""

    def __init__(self):
        self.durable = {}
        self.erasing = set()
        self.started = 0

    def note(self, recorder):
        if recorder.run:
            self.durable[recorder.run] = max(recorder.durable, self.durable.get(recorder.run, 0))


def session(pod, told):
    recorder = pod.recorder
    told.started = recorder.start(0)
    for number in range(40):
        pod.stride(number)
        told.note(recorder)
        if number == 17:
            recorder.lap()
            recorder.note_time()
    stop(pod, told)
    told.started = recorder.start(2)
    for number in range(70):
        pod.raw(number)
        told.note(recorder)
    stop(pod, told)
    told.erasing.add(1)
    pod.runs.remove(1)
    told.started = recorder.start(2)
    for number in range(400):
        pod.raw(number)
        pod.stride(number)
        told.note(recorder)
        if recorder.state == FULL:
            break
    told.durable[told.started] = recorder._sequence
    assert recorder.state == FULL and recorder.run == 0 and not pod.faults.rows, pod.faults.rows


def stop(pod, told):
    run = pod.recorder.stop()
    told.durable[run] = pod.recorder._sequence


def life(data, cut_at, keep):
    """One session up to its cut; what was told, and every block that was ever handed over."""
    blocks = {}
    told = Told()
    cells = flash.Flash(data, cut_at, keep)
    flash.power_on(cells)
    try:
        session(Pod(blocks, 1), told)
    except flash.PowerCut:
        pass
    finally:
        cells.dead = True
        flash.power_off()
    return told, blocks, cells.writes


def check(data, told, blocks):
    """After the power is back."""
    flash.power_on(flash.Flash(data))
    try:
        pod = Pod(blocks, 2)
        before = pod.runs.numbers()
        kept = [verify(pod, run, told.durable.get(run, 0), blocks, told.erasing) for run in sorted(told.durable)]
        open_run = pod.runs.last_open()
        try_to_go_on(pod, open_run, before)
        return sum(kept)
    finally:
        flash.power_off()


def verify(pod, run, durable, blocks, erasing):
    if run not in pod.runs.numbers():
        assert run in erasing, "run %d is gone" % run
        return 0
    found, header, holes = read_back(pod.runs, run)
    assert header["values"]["run"] == run
    assert not holes, "damage inside run %d: %s" % (run, holes)
    for sequence in range(durable):
        assert sequence in found, "run %d: acknowledged block %d of %d is missing" % (run, sequence, durable)
    for sequence in found:
        assert found[sequence] == blocks[(run, sequence)], "run %d block %d is not what was recorded" % (run, sequence)
    return len(found)


def try_to_go_on(pod, open_run, before):
    number = number_kept()
    pod.recorder.resume()
    if not open_run:
        assert pod.recorder.run == 0
        try:
            pod.recorder.start(0)
        except RecorderError as error:
            assert error.code == "storage_full", error.code
            return
    elif pod.recorder.run == 0:
        assert pod.faults.rows[0][1].endswith("storage_full"), pod.faults.rows
        return
    run = pod.recorder.run
    assert run > max(before + [number]), "a number was used twice"
    pod.stride(1234)
    pod.recorder.stop()
    found, header, _ = read_back(pod.runs, run)
    assert header["values"]["continues"] == open_run
    assert [
        1 for kind, payload in found.values() if kind == 1 and payload[0] == 1234 & 255 and payload[-1] == 1234 >> 8
    ]


def main():
    blank = flash.formatted(BLOCKS)
    told, blocks, writes = life(bytearray(blank), 0, 0)
    cuts = 0
    for cut_at in list(range(1, writes // 2)) + list(range(writes // 2, writes + 1, 5)):
        for keep in (0, 2, 4):
            data = bytearray(blank)
            told, blocks, _ = life(data, cut_at, keep)
            try:
                check(data, told, blocks)
            except Exception:
                print("cut at write", cut_at, "of", writes, "keeping", keep, "quarters")
                raise
            cuts += 1
        gc.collect()
    print("cuts", cuts, "writes", writes)


main()
