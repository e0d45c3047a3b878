"""Flash and file systems with the times of an ESP32, and counters of the operations of the firmware.

The real littlefs runs on a block device, and each call of the device is charged. So the number of entries in a folder,
the length of a file and the read size of the mount all count. File systems are wrapped. `vfs` is wrapped too, because
the firmware may mount its own.
"""

import sys

import vfs
from micropython import const

from vpod import board
from vpod.costs import ERASE_US, LITTLEFS_US, PROGRAM_BYTE_NS, PROGRAM_US, READ_BYTE_NS, READ_BYTES_FREE, READ_US
from vpod.flash import FileFlash
from vpod.hostfs import MOUNT_POINT

_ERASE_BLOCK = const(6)  # MP_BLOCKDEV_IOCTL_BLOCK_ERASE
_READY = "pod.app"  # once this is loaded, the first look at the console ends the start


class CostFlash(FileFlash):
    """The flash chip with its times. `busy_us`: all of them, with littlefs's own."""

    busy_us = 0

    def spend(self, duration: int) -> None:
        if not board.meter.free:
            self.busy_us += duration
        board.clock.advance(duration)

    def readblocks(self, block: int, buf, offset: int = 0) -> None:
        board.meter.enter_device()
        self.spend(READ_US + max(0, len(buf) - READ_BYTES_FREE) * READ_BYTE_NS // 1000)
        super().readblocks(block, buf, offset)
        board.meter.leave()

    def writeblocks(self, block: int, buf, offset=None) -> None:
        board.meter.enter_device()
        self.spend(PROGRAM_US + len(buf) * PROGRAM_BYTE_NS // 1000 + (ERASE_US if offset is None else 0))
        super().writeblocks(block, buf, offset)
        board.meter.leave()

    def ioctl(self, op: int, arg: int):
        board.meter.enter_device()
        if op == _ERASE_BLOCK:
            self.spend(ERASE_US)
        done = super().ioctl(op, arg)
        board.meter.leave()
        return done


class Device:
    """Replaces `device` for littlefs: adds the time of littlefs, and meters a device of the firmware."""

    def __init__(self, device) -> None:
        self._device = device
        self._foreign = not isinstance(device, FileFlash)

    def readblocks(self, block: int, buf, offset: int = 0):
        return self._call(self._device.readblocks, block, buf, offset)

    def writeblocks(self, block: int, buf, offset: int = 0):
        return self._call(self._device.writeblocks, block, buf, offset)

    def _call(self, function, block: int, buf, offset: int):
        meter = board.meter
        meter.enter_device()
        if board.flash:
            board.flash.spend(LITTLEFS_US)
        depth = meter.suspend() if self._foreign else 0
        try:
            return function(block, buf, offset)
        finally:
            if depth:
                meter.resume(depth)
            meter.leave()

    def ioctl(self, op: int, arg: int):
        return self._device.ioctl(op, arg)


class Counts:
    """File operations of the firmware since the last take()."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._imports = []
        self._opens = []
        self._lookups = self._listdirs = self._changes = 0

    def imported(self, name: str) -> None:
        self._imports.append(name)

    def opened(self, path: str) -> None:
        self._opens.append(path)

    def looked_up(self) -> None:
        self._lookups += 1

    def listed(self) -> None:
        self._listdirs += 1

    def changed(self) -> None:
        self._changes += 1

    def take(self) -> dict:
        """All of it, and start again."""
        taken = {
            "imports": self._imports,
            "opens": self._opens,
            "lookups": self._lookups,
            "listdirs": self._listdirs,
            "changes": self._changes,
        }
        self._clear()
        return taken


def _nothing() -> None:
    """Count nothing."""


class Counted:
    """A file system that passes everything on and counts it. `at`: its mount point.

    foreign: it is the firmware's own code, whose CPU time is metered.
    """

    def __init__(self, inner, foreign: bool = False) -> None:
        self.inner = inner
        self.at = ""
        self._foreign = foreign

    def _pass(self, function, *args):
        """Call the file system; the simulation's time ends where the firmware's code begins."""
        depth = board.meter.suspend() if self._foreign else 0
        try:
            return function(*args)
        finally:
            if depth:
                board.meter.resume(depth)

    def _do(self, count, function, *args):
        board.meter.enter()
        try:
            if not board.meter.free:
                count()
            return self._pass(function, *args)
        finally:
            board.meter.leave()

    def mount(self, readonly: bool, mkfs: bool) -> None:
        self._pass(self.inner.mount, readonly, mkfs)

    def umount(self) -> None:
        self._pass(self.inner.umount)

    def open(self, path: str, mode: str):
        board.meter.enter()
        try:
            if not board.meter.free:
                board.counts.opened(self.at + (path if path[0] == "/" else "/" + path))
            if board.ready and path.endswith(".mpy"):
                self._refuse_machine_code(path)
            return self._pass(self.inner.open, path, mode)
        finally:
            board.meter.leave()

    def _refuse_machine_code(self, path: str) -> None:
        """Raises MemoryError for a module with machine code: the heap has grown into the executable memory."""
        board.meter.free += 1
        try:
            with self._pass(self.inner.open, path, "rb") as module:
                head = module.read(4)
        finally:
            board.meter.free -= 1
        if len(head) == 4 and head[2] >> 2 & 0xF:
            raise MemoryError("memory allocation failed, no executable memory left for %s" % path)

    def ilistdir(self, path: str):
        return self._entries(self._do(board.counts.listed, self.inner.ilistdir, path))

    def _entries(self, entries):
        """Entries of a folder, each charged when it is requested, as littlefs reads it then."""
        while True:
            try:
                entry = self._do(_nothing, next, entries)
            except StopIteration:
                return
            yield entry

    def stat(self, path: str):
        return self._do(board.counts.looked_up, self.inner.stat, path)

    def statvfs(self, path: str):
        return self._do(board.counts.looked_up, self.inner.statvfs, path)

    def remove(self, path: str) -> None:
        self._do(board.counts.changed, self.inner.remove, path)

    def rename(self, old: str, new: str) -> None:
        self._do(board.counts.changed, self.inner.rename, old, new)

    def mkdir(self, path: str) -> None:
        self._do(board.counts.changed, self.inner.mkdir, path)

    def rmdir(self, path: str) -> None:
        self._do(board.counts.changed, self.inner.rmdir, path)

    def chdir(self, path: str) -> None:
        self._do(board.counts.looked_up, self.inner.chdir, path)

    def getcwd(self) -> str:
        return self.inner.getcwd()


class Littlefs(Counted):
    """Stand-in for `vfs.VfsLfs2`: littlefs on a block device, charged and counted."""

    def __init__(self, device, *args, **kwargs) -> None:
        board.meter.enter()
        try:
            super().__init__(vfs.VfsLfs2(Device(device), *args, **kwargs))
        finally:
            board.meter.leave()

    @staticmethod
    def mkfs(device, *args, **kwargs) -> None:
        board.meter.enter()
        try:
            vfs.VfsLfs2.mkfs(Device(device), *args, **kwargs)
        finally:
            board.meter.leave()


class Module:
    """Stand-in for the module `vfs`, put in place by cost.py. The wall around the host's files stays."""

    def __init__(self) -> None:
        for name in dir(vfs):
            if name[0] != "_":
                setattr(self, name, getattr(vfs, name))
        self.VfsLfs2 = Littlefs
        self.mount = _mount
        self.umount = _umount


_mounted = []  # (file system that the firmware mounted, its replacement)


def _mount(fs, point: str, **options) -> None:
    """As `vfs.mount`, of a file system or of a block device."""
    board.meter.enter()
    try:
        if not hasattr(fs, "open"):
            fs = Littlefs(fs)
        wrapped = fs if isinstance(fs, Counted) else Counted(fs, foreign=True)
        wrapped.at = "" if point == "/" else point
        vfs.mount(wrapped, point, **options)
        _mounted.append((fs, wrapped))
    finally:
        board.meter.leave()


def _umount(which) -> None:
    """As `vfs.umount`, by mount point or by object."""
    board.meter.enter()
    try:
        if which == MOUNT_POINT:
            raise OSError(22)
        for pair in _mounted:
            if pair[0] is which or pair[1].at == ("" if which == "/" else which):
                vfs.umount(pair[1])
                _mounted.remove(pair)
                return
        vfs.umount(which)
    finally:
        board.meter.leave()


def mount_root(path: str) -> CostFlash:
    """As flash.mount_root, without charges: this is before the firmware's first line."""
    flash = CostFlash(path)
    vfs.umount("/")
    try:
        root = Littlefs(flash)
    except OSError:
        flash.corrupt = not flash.is_blank()
        if flash.corrupt:
            return flash
        Littlefs.mkfs(flash)
        root = Littlefs(flash)
    _mount(root, "/")
    return flash


def look_ready() -> None:
    """The firmware looks at its console: with the app loaded, its start is over."""
    if not board.ready and _READY in sys.modules:
        board.ready = True
        board.control.send("ready")
