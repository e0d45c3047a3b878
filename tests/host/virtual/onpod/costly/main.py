"""Times operations as the pod's clock shows them. Prints one line of JSON, then serves the console as an app does."""

import binascii
import gc
import json
import os
import struct
import sys
import time

import machine
import micropython
import utime
import vfs

BYTES = 1500
_GROUP = 10  # bytes of the console that are timed together
times = {}


def timed(name, function, *args):
    gc.collect()
    start = time.ticks_us()
    result = function(*args)
    times.setdefault(name, []).append(time.ticks_diff(time.ticks_us(), start))
    return result


def each(name, count, repeat):
    """Time of one of `count` operations that `repeat` makes. The least of several runs: a busy machine only adds."""
    gc.collect()
    found = []
    for _ in range(9):
        start = time.ticks_us()
        repeat(count)
        found.append(time.ticks_diff(time.ticks_us(), start) / count)
    times[name] = [min(found)]


def write(path, size=BYTES):
    with open(path, "wb") as file:
        file.write(bytes(size))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def missing(path):
    try:
        os.stat(path)
    except OSError:
        return
    raise AssertionError("it is there")


def file_rows(count):
    folder = "/of_%d" % count
    os.mkdir(folder)
    for i in range(count):
        timed("write", write, "%s/file_%02d" % (folder, i))
    last = "%s/file_%02d" % (folder, count - 1)
    for _ in range(5):
        timed("stat first %d" % count, os.stat, folder + "/file_00")
        timed("stat last %d" % count, os.stat, last)
        timed("stat missing %d" % count, missing, folder + "/nothing")
        timed("read %d" % count, read, last)
    timed("listdir %d" % count, os.listdir, folder)


def import_rows():
    sys.path.insert(0, "/app_a")
    for package in ("few", "many"):
        __import__(package)
        for name in sorted(entry[0] for entry in os.ilistdir("/app_a/" + package)):
            if name.startswith("mod"):
                timed("import " + package, __import__, package + "." + name.split(".")[0])


def poll_rows():
    """One byte at a time, as the link reads."""
    import select

    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    one = bytearray(1)

    def take():
        for _, event in poll.ipoll(0):
            if event & select.POLLIN and sys.stdin.buffer.readinto(one):
                return one[0]
        return -1

    while take() < 0:  # the host has written a hundred bytes at once
        time.sleep_ms(1)
    gc.collect()
    groups = []  # the median is valid on a machine that is busy during some of them
    count = _GROUP
    while count == _GROUP:
        start = time.ticks_us()
        count = 0
        while count < _GROUP and take() >= 0:
            count += 1
        groups.append(time.ticks_diff(time.ticks_us(), start) / _GROUP)
    groups.pop()  # the last one is not complete
    times["byte"] = [sorted(groups)[len(groups) // 2]]


@micropython.viper
def cobs(out: ptr8, data: ptr8, size: int) -> int:
    """COBS of `data`, as FACTS measured it: byte by byte."""
    at = 1
    code_at = 0
    code = 1
    i = 0
    while i < size:
        byte = data[i]
        if byte:
            out[at] = byte
            at += 1
            code += 1
        if not byte or code == 255:
            out[code_at] = code
            code_at = at
            at += 1
            code = 1
        i += 1
    out[code_at] = code
    return at


def loop(count):
    i = 0
    while i < count:
        i += 1


class Thing:
    def __init__(self):
        self.value = 0

    def take(self, value):
        self.value = value + self.value & 0xFFFF


def calls(count):
    thing = Thing()
    for i in range(count):
        thing.take(i)


data, out = bytearray(range(200)), bytearray(220)


def crcs(count):
    for _ in range(count):
        binascii.crc32(data)


def packs(count):
    for _ in range(count):
        struct.pack_into("<IIHHhhBBi", out, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)


def stuffings(count):
    for _ in range(count):
        cobs(out, data, 200)


def collections(count):
    for _ in range(count):
        gc.collect()


def cpu_rows():
    """Spread the runs over a second of real time, because a busy machine disturbs the factor for 0.2 s at a time."""
    operations = (
        ("loop", 10_000, loop),
        ("call", 1000, calls),
        ("crc32", 200, crcs),
        ("pack_into", 200, packs),
        ("cobs", 200, stuffings),
    )
    found = {}
    for _ in range(25):
        utime.sleep_ms(40)
        for name, count, repeat in operations:
            start = time.ticks_us()
            repeat(count)
            found.setdefault(name, []).append(time.ticks_diff(time.ticks_us(), start) / count)
    for name, runs in found.items():
        times[name] = [sorted(runs)[12]]
    each("collect", 5, collections)


def bus_rows():
    bus = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
    short, long = bytearray(1), bytearray(256)

    def transfers(count):
        for _ in range(count):
            bus.readfrom_mem_into(0x6A, 0x0F, short)

    def bursts(count):
        for _ in range(count):
            bus.readfrom_mem_into(0x6A, 0x78, long)

    each("i2c 1", 50, transfers)
    each("i2c 256", 10, bursts)


class Passing:
    """A block device of the firmware's own."""

    def __init__(self, device):
        self.device = device

    def readblocks(self, block, buf, offset=0):
        self.device.readblocks(block, buf, offset)

    def writeblocks(self, block, buf, offset=None):
        if offset is None:
            self.device.writeblocks(block, buf)
        else:
            self.device.writeblocks(block, buf, offset)

    def ioctl(self, op, arg):
        return self.device.ioctl(op, arg)


def remount_rows():
    """The firmware mounts its own block device with another read size, after the usual rows on a fresh flash."""
    from esp32 import Partition
    from flashbdev import bdev

    times["partition"] = [
        int(Partition.find(Partition.TYPE_DATA, label="vfs")[0] is bdev),
        len(Partition.find(Partition.TYPE_APP)),
    ]
    vfs.umount("/")
    vfs.VfsLfs2.mkfs(bdev)
    vfs.mount(vfs.VfsLfs2(bdev), "/")
    for count in (5, 20, 45):
        file_rows(count)
    timed("write 4 kB", write, "/big", 4096)
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(Passing(bdev), readsize=256), "/")
    for _ in range(5):
        timed("stat first 45, own device", os.stat, "/of_45/file_00")
    write("/survives", 10)
    times["host stays"] = [len(os.listdir("/host")) > 0]


def main():
    import_rows()
    cpu_rows()
    bus_rows()
    poll_rows()
    remount_rows()
    print(json.dumps(times))


try:
    main()
except Exception as error:
    sys.print_exception(error)
    print(json.dumps({"error": str(error)}))
