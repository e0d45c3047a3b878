"""The plan of a transfer: the files of an app that a pod needs, and the parts that it copies from its own files."""

from collections.abc import Mapping
from typing import NamedTuple

from retropod.board.mpremote import ReplBoard
from retropod.board.slots import SlotLayout
from retropod.board.transfer import CopiedRange, SentFile
from retropod.build.image import BuiltApp, PodFile, modules_of

# Digests of the modules in a pack file: [offset, bytes, SHA-256] of each. firmware/packs.py defines the format.
_MODULES = """
import json, hashlib, binascii
found = []
buf = bytearray(1024)
try:
    with open({path!r}, "rb") as f:
        index = f.read(int(f.readline())).split(b"\\n")
        begin = f.tell()
        for line in index:
            words = line.split()
            if len(words) != 3:
                continue
            h, left = hashlib.sha256(), int(words[2])
            f.seek(begin + int(words[1]))
            while left:
                n = f.readinto(memoryview(buf)[:min(left, len(buf))])
                if not n:
                    break
                h.update(memoryview(buf)[:n])
                left -= n
            found.append([begin + int(words[1]), int(words[2]), binascii.hexlify(h.digest()).decode()])
except (OSError, ValueError):
    pass
print(json.dumps(found))
"""


class Plan(NamedTuple):
    """The work to fill a slot: files to send, and (source, target, bytes) of complete files that the pod copies."""

    sent: list[SentFile]
    copied: list[tuple[str, str, int]]

    @property
    def size(self) -> int:
        """Bytes of all files that are written on the pod."""
        return sum(len(file.data) for file in self.sent) + sum(size for _, _, size in self.copied)

    def description(self, count: int) -> str:
        """Return one line for the user. `count`: number of files in the app."""
        size = sum(file.size for file in self.sent)
        text = f"sending {len(self.sent)} of {count} files, {in_kb(size)}"
        copied = self.size - size
        return f"{text}; the pod copies {in_kb(copied)} from its other slot" if copied else text


def make_plan(app: BuiltApp, layout: SlotLayout, running: Mapping[str, str], there: Mapping[str, str]) -> Plan:
    """Plan the work from the digests of the slot that runs (`running`) and of the slot to fill (`there`).

    Leave out a file that the slot to fill has already. Copy a file that the other slot has, under any name.
    """
    source_of = {digest: f"/{layout.current}/{name}" for name, digest in running.items()}
    found = Plan([], [])
    for file in app.files:
        target, source = f"/{layout.target}/{file.name}", source_of.get(file.sha256)
        if there.get(file.name) == file.sha256:
            continue
        if source is None:
            found.sent.append(SentFile(target, file.data))
        else:
            found.copied.append((source, target, len(file.data)))
    return found


def with_module_copies(board: ReplBoard, work: Plan, layout: SlotLayout, running: Mapping[str, str]) -> Plan:
    """Let the pod also copy the modules of a pack file that the pack of the same name in its running slot has."""
    sent: list[SentFile] = []
    for file in work.sent:
        name = file.path.removeprefix(f"/{layout.target}/")
        source = f"/{layout.current}/{name}"
        if name.endswith(".pack") and name in running:
            found: list[tuple[int, int, str]] = board.ask(_MODULES.format(path=source))
            modules = {digest: (at, size) for at, size, digest in found}
            file = file._replace(copies=_copied_ranges(file.data, source, modules))
        sent.append(file)
    return work._replace(sent=sent)


def _copied_ranges(pack: bytes, source: str, there: Mapping[str, tuple[int, int]]) -> tuple[CopiedRange, ...]:
    """Return the ranges of `pack` that are modules of the pack `source`. Merge ranges that are adjacent in both."""
    ranges: list[CopiedRange] = []
    for at, size in modules_of(pack):
        offset, length = there.get(PodFile("", pack[at : at + size]).sha256, (0, 0))
        if not size or length != size:
            continue
        last = ranges[-1] if ranges else None
        if last and (last.at + last.size, last.offset + last.size) == (at, offset):
            ranges[-1] = last._replace(size=last.size + size)
        else:
            ranges.append(CopiedRange(at, size, source, offset))
    return tuple(ranges)


def in_kb(size: int) -> str:
    """Return `size` bytes as text in kB, rounded up."""
    return f"{-(-size // 1024)} kB"
