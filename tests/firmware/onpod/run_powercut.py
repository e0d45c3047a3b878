"""Power cut at every write of a session: record, lap, stop, record raw, a reset, erase, fill the flash.

Afterwards no acknowledged block is missing, nothing is misread, and recording goes on. Each write is torn at 0, 1,
half, all but one and all of its bytes; beyond that at `seeded` lengths drawn by chance, half of them followed by a
second cut while the pod recovers. Arguments: cut at every `step`th write, `seeded`. Prints how many cuts were made.
"""

import gc
import random
import sys

from recording import STRIDE_BYTES, Pod, number_kept, read_back

import flash
from pod import Refused
from pod.storage.recorder import FULL
from pod.storage.runentry import last_open
from retrowire import codec

BLOCKS = 26
AT_RISK = 15  # strides of 0.7 s: ten seconds, and the one in hand
TORN = (
    lambda length: 0,
    lambda length: min(1, length),
    lambda length: length // 2,
    lambda length: max(0, length - 1),
    lambda length: length,
)


class Told:
    """Acknowledgements of the pod: per run, the sequence below which all is durable; the erased runs."""

    def __init__(self):
        self.durable = {}
        self.strides = {}  # handed over to each run
        self.erasing = set()
        self.erased = set()

    def note(self, recorder):
        if recorder.run:
            self.strides[recorder.run] = recorder.strides
            self.durable[recorder.run] = max(recorder.durable, self.durable.get(recorder.run, 0))


class Life:
    """A pod on cells whose power may go; `cut` stands when it went."""

    def __init__(self, data, cut_at=0, torn=None, blocks=None, told=None):
        self.cells = flash.Flash(data, cut_at, torn)
        self.blocks = {} if blocks is None else blocks
        self.told = told or Told()
        self.boot = 1
        self.cut = False

    def live(self, what, *arguments):
        """Do `what` until its end or the cut."""
        try:
            flash.power_on(self.cells)
            what(self, *arguments)
        except flash.PowerCut:
            self.cut = True
        finally:
            self.cells.dead = True
            try:
                flash.power_off()
            except OSError:
                pass  # the cut came while it was being mounted

    def pod(self):
        return Pod(self.blocks, self.boot)

    def reset(self):
        """Press the reset button: memory is lost, the flash is unchanged."""
        self.cells = self.cells.after_reset()
        flash.power_off()
        flash.power_on(self.cells)
        self.boot += 1
        return self.pod()


def session(life):
    told = life.told
    pod = life.pod()
    pod.recorder.start(0)
    for number in range(40):
        pod.stride(number)
        told.note(pod.recorder)
        if number == 17:
            pod.recorder.lap()
            pod.recorder.note_time()
    stop(pod, told)
    pod.recorder.start(2)
    for number in range(60):
        pod.raw(number)
        told.note(pod.recorder)
    pod = life.reset()  # in the middle of a run: the next one names it
    pod.recorder.resume()
    assert pod.recorder.run == 3, pod.faults.rows
    for number in range(30):
        pod.raw(number)
        told.note(pod.recorder)
    stop(pod, told)
    told.erasing.add(1)
    pod.runs.remove(1)
    told.erased.add(1)
    pod.recorder.start(2)
    full = pod.recorder.run
    for number in range(400):
        pod.raw(number)
        pod.stride(number)
        told.note(pod.recorder)
        if pod.recorder.state == FULL:
            break
    told.durable[full] = pod.recorder._sequence
    assert pod.recorder.state == FULL and pod.recorder.run == 0 and not pod.faults.rows, pod.faults.rows


def recovery(life):
    """After the first cut: the run goes on, or a new one begins."""
    pod = life.pod()
    pod.recorder.resume()
    try:
        if not pod.recorder.run:
            pod.recorder.start(0)
    except Refused:
        return  # full
    for number in range(25):
        pod.stride(number)
        life.told.note(pod.recorder)
    if pod.recorder.run:
        stop(pod, life.told)


def stop(pod, told):
    run = pod.recorder.stop()
    told.durable[run] = pod.recorder._sequence


def check(data, told, blocks, boot):
    """After the power is back."""
    flash.power_on(flash.Flash(data))
    try:
        pod = Pod(blocks, boot)
        for run in sorted(told.durable):
            verify(pod, run, told, blocks)
        pod.runs.count_all()
        entry = last_open(pod.runs, pod.recorder.texts)
        open_run = entry.run if entry else 0
        before = pod.runs.numbers()  # an empty run was discarded, and its number is free again
        try_to_go_on(pod, open_run, before)
    finally:
        flash.power_off()


def verify(pod, run, told, blocks):
    if run in told.erased:
        assert run not in pod.runs.numbers(), "run %d is back" % run
    if run not in pod.runs.numbers():
        assert run in told.erasing, "run %d is gone" % run
        return
    found, header, holes = read_back(pod.runs, run)
    assert header["values"]["run"] == run
    assert not holes, "damage inside run %d: %s" % (run, holes)
    for sequence in range(told.durable[run]):
        assert sequence in found, "run %d: acknowledged block %d is missing" % (run, sequence)
    kept = sum([len(payload) // STRIDE_BYTES for kind, payload in found.values() if kind == 1])
    assert told.strides.get(run, 0) - kept <= AT_RISK, "run %d: more is lost than the loss window" % run
    for sequence in found:
        assert found[sequence] == blocks[(run, sequence)], "run %d block %d is not what was recorded" % (run, sequence)


def try_to_go_on(pod, open_run, before):
    number = number_kept()
    pod.recorder.resume()
    if not open_run:
        assert pod.recorder.run == 0
        try:
            pod.recorder.start(0)
        except Refused as error:
            assert error.code == codec.value("error", "storage_full"), error.code
            return
    elif pod.recorder.run == 0:
        assert pod.faults.rows[0][1].endswith("storage_full"), pod.faults.rows
        return
    run = pod.recorder.run
    assert run > max(before + [number]), "a number was used twice"
    pod.stride(1234)
    if pod.recorder.run:
        pod.recorder.stop()
    else:  # there was just room to begin
        assert pod.recorder.state == FULL and not pod.faults.rows, pod.faults.rows
    found, header, _ = read_back(pod.runs, run)
    assert header["values"]["continues"] == open_run
    assert [
        1 for kind, payload in found.values() if kind == 1 and payload[0] == 1234 & 255 and payload[-1] == 1234 >> 8
    ]


def cut(blank, cut_at, torn, second=0):
    """One session cut there; `second`: the write of the recovery at which the power goes again."""
    data = bytearray(blank)
    life = Life(data, cut_at, torn)
    life.live(session)
    assert life.cut
    boot = life.boot + 1
    if second:
        again = Life(data, second, torn, life.blocks, life.told)
        again.boot = boot
        again.live(recovery)
        boot += 1
    check(data, life.told, life.blocks, boot)
    gc.collect()


def main(step, seeded):
    blank = flash.formatted(BLOCKS)
    whole = Life(bytearray(blank))
    whole.live(session)
    writes = whole.cells.writes
    cuts = twice = 0
    for cut_at in range(1, writes + 1, step):
        for place, torn in enumerate(TORN):
            attempt("write %d torn at place %d" % (cut_at, place), blank, cut_at, torn)
            cuts += 1
    random.seed(5)
    for number in range(seeded):
        cut_at, share = random.randint(1, writes), random.randint(0, 10_000)
        second = random.randint(1, 60) if number % 2 else 0
        attempt("write %d torn at %d of 10000, then %d" % (cut_at, share, second), blank, cut_at, part(share), second)
        cuts += 1
        twice += second > 0
    print("cuts", cuts, "writes", writes, "twice", twice)


def part(share):
    return lambda length: length * share // 10_000


def attempt(what, *arguments):
    try:
        cut(*arguments)
    except Exception:
        print("cut at", what)
        raise


main(int(sys.argv[1]), int(sys.argv[2]))
