"""Hostile inputs by seed: each target makes its files from valid ones and names the commands that read them."""

import binascii
import io
import random
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fuzz.harness import Step
from fuzz.mutate import mutated, truncated
from host.lyingpod import ANSWERS, LIES, Answer, LyingPod, shorten_waits
from retropod import cli
from retropod.capture.collect import Captured
from retropod.cli import failure
from retropod.client import discover
from retropod.doctor import examine
from retropod.errors import RetropodError
from retropod.recording import load
from retropod.runs.samples import RawSamples
from retrowire import headbytes, runfile, runhead

HUGE = 10**12


@dataclass
class Case:
    """Steps on one hostile input."""

    steps: list[Step] = field(default_factory=list)

    def command(self, *arguments: str | Path, must_pass: bool = False) -> "Case":
        """Add a command line. With `must_pass` it may not refuse the input."""
        words = [str(word) for word in arguments]
        self.steps.append(Step(lambda: cli.run(words), "--json" in words, must_pass))
        return self

    def call(self, function: Callable[[], Any]) -> "Case":
        """Add a call of the library, which may raise a RetropodError."""
        self.steps.append(Step(lambda: _reported(function)))
        return self


def _reported(function: Callable[[], Any]) -> int:
    try:
        function()
    except RetropodError as error:
        return failure.report(error)
    return 0


# -- run files ---------------------------------------------------------------------------------------------------------

_CODES = ("B", "H", "I", "b", "h", "i", "8s", "*", "q", "x", "0s", "99999s", "-1s", "s", "", "f", "8", "²s")
_EXPONENTS = ("0", "-3", "-9", "99999999", "-99999999", "308", "-400", "1e3", "nan", "x", "", "٣")
_NAMES = ("", "sample", "request", "\x1b[31m", "‮abc", "a" * 300, "kind", "number", "class", "__init__")


def run_file(base: bytes, chance: random.Random) -> bytes:
    """Return a hostile run file: changed blindly, cut, or changed in its structure with correct checksums."""
    kind = chance.randrange(6)
    if kind == 0:
        return mutated(base, chance)
    if kind == 1:
        return truncated(base, chance)
    if kind == 2:
        return _with_rows(base, chance)
    if kind == 3:
        return _with_values(base, chance)
    if kind == 4:
        return _with_blocks(base, chance)
    return _with_rows(_with_blocks(base, chance), chance)


def _parts(data: bytes) -> tuple[list[Any], str, bytes, bytes]:
    """Return the fixed fields of the header, the rows text, the values and the blocks."""
    fixed = list(headbytes.split(data))
    end = headbytes.FIXED_BYTES + fixed[5]
    return fixed, data[headbytes.FIXED_BYTES : end].decode(), data[end : fixed[1] - 4], data[fixed[1] :]


def _header(fixed: list[Any], rows: bytes, values: bytes) -> bytes:
    """Return a header with a correct length and checksum."""
    fixed[1], fixed[5] = headbytes.FIXED_BYTES + len(rows) + len(values) + 4, len(rows)
    head = struct.pack(headbytes.FIXED, runhead.MAGIC, *fixed) + rows + values
    return head + struct.pack("<I", binascii.crc32(head))


def _with_rows(data: bytes, chance: random.Random) -> bytes:
    fixed, text, values, blocks = _parts(data)
    lines = text.splitlines()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines)) if lines else 0
        if not lines or chance.random() < 0.15:
            lines.insert(at, chance.choice(("", " ", "32", "32 stride", "40 a b:c", *lines[at : at + 1])))
        else:
            lines[at] = _changed_row(lines[at], chance)
    rows = "\n".join(lines).encode()[: runfile.HEADER_MAX - headbytes.FIXED_BYTES - len(values) - 4]
    return _header(fixed, rows, values) + blocks


def _changed_row(row: str, chance: random.Random) -> str:
    """Change one word of a row: code, exponent, name; or repeat, remove or renumber."""
    words = row.split(" ")
    place = chance.randrange(len(words))
    name, code, *rest = [*words[place].split(":"), "B"][:4]
    change = chance.randrange(7)
    if change == 0:
        words[place] = ":".join((name, chance.choice(_CODES), *rest))
    elif change == 1:
        words[place] = f"{name}:{code}:m:{chance.choice(_EXPONENTS)}"
    elif change == 2:
        words[place] = ":".join((chance.choice(_NAMES), code, *rest))
    elif change == 3:
        words.insert(place, words[place])
    elif change == 4:
        del words[place]
    elif change == 5:
        words[0] = chance.choice(("0", "32", "256", "-1", "99999999999", "x", "112", "33"))
    else:
        words[-1] += f"@{chance.choice((1, 9, 255, HUGE))}"
    return " ".join(words)


def _with_values(data: bytes, chance: random.Random) -> bytes:
    fixed, text, values, blocks = _parts(data)
    if chance.random() < 0.3:
        fixed[chance.choice((0, 2, 3, 4))] = chance.choice((0, 1, 2, 0xFFFF))
    return _header(fixed, text.encode(), mutated(values, chance, 12)[: len(values) + 8]) + blocks


def _blocks(data: bytes) -> list[tuple[int, int, bytes]]:
    read = io.BytesIO(data).read
    return [(kind, sequence, payload) for kind, sequence, _, payload in runfile.scan(read)]


def _packed(kind: int, sequence: int, payload: bytes) -> bytes:
    out = bytearray(len(payload) + runfile.BLOCK_AROUND)
    return bytes(out[: runfile.block_into(kind & 0xFF, sequence & 0xFFFFFFFF, payload, len(payload), out)])


def _with_blocks(data: bytes, chance: random.Random) -> bytes:
    """Change, repeat, remove and reorder blocks, each with a correct checksum."""
    fixed, text, values, blocks = _parts(data)
    found = _blocks(blocks)
    for _ in range(chance.randint(1, 4)):
        if not found:
            break
        at = chance.randrange(len(found))
        kind, sequence, payload = found[at]
        change = chance.randrange(7)
        if change == 0:
            found[at] = kind, sequence, mutated(payload, chance)[: runfile.MAX_BLOCK_PAYLOAD]
        elif change == 1:
            found[at] = chance.choice((0, 1, 2, 3, 4, 255)), sequence, payload
        elif change == 2:
            found[at] = kind, chance.choice((0, sequence + 1, sequence - 1, 0xFFFFFFFF)), payload
        elif change == 3:
            found.insert(at, found[at])
        elif change == 4:
            del found[at]
        elif change == 5:
            chance.shuffle(found)
        else:
            size = chance.choice((1, 4, 30, runfile.MAX_BLOCK_PAYLOAD))
            found[at] = kind, sequence, bytes(chance.randrange(256) for _ in range(size))
    return _header(fixed, text.encode(), values) + b"".join(_packed(*block) for block in found)


def run_files(base: bytes, seed: int, folder: Path) -> Case:
    """Read a hostile run file, given by its name and in the store."""
    chance = random.Random(seed)
    path = folder / "runs" / "pod" / "000001.rpr"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(run_file(base, chance))
    case = Case().command("--json", "show", path, "--strides").command("show", path)
    return case.command("runs", "--here") if seed % 4 == 0 else case


# -- recordings and captures -------------------------------------------------------------------------------------------


def _arrays(chance: random.Random) -> dict[str, Any]:
    count = chance.choice((0, 1, 2, 50, 400))
    acc = np.tile([0.0, 0.0, 9.81], (count, 1)).astype(np.float32)
    return {"acc": acc, "gyr": np.zeros((count, 3), np.float32), "fs": 208.0}


_ODD: Sequence[Any] = (
    np.array(["x"]), np.array([None], object), np.zeros((3, 4)), np.zeros(3), np.float64("nan"),
    np.zeros((5, 3), complex), np.full((50, 3), np.inf), np.zeros((0, 3)), np.array(1e308), np.array([208.0]),
    np.array([[208.0]]), np.array(-1),
    np.zeros((2, 3, 4)), np.ones((50, 3), bool), np.array("1970-01-01", "datetime64[s]"), np.zeros((50, 3), "S3"),
    np.full((50, 3), 2**62), np.asfortranarray(np.zeros((50, 3))),
)  # fmt: skip


def _npz(arrays: dict[str, Any], compress: bool) -> bytes:
    out = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(out, **arrays)
    return out.getvalue()


def _lying_header(chance: random.Random) -> bytes:
    """Return an npy file that claims more than it holds."""
    shape = chance.choice(((HUGE, 3), (2**31, 3), (-1, 3), (3,) * 40, (2**63, 3), ()))
    kind = chance.choice(("<f4", "<f8", "|O", "<i2", "V1000000", "x", "<U999999999"))
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1") + bytes(64)


def _zip(members: dict[str, bytes], chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _bomb() -> bytes:
    """Return 64 MB of zeros as a header of a recording, packed into 64 kB."""
    header = _lying_header(random.Random(0))[:128]
    return _zip({"acc.npy": header + bytes(64 << 20), "fs.npy": header}, random.Random(0))


def recording_file(chance: random.Random) -> bytes:
    """Return a hostile recording."""
    arrays = _arrays(chance)
    kind = chance.randrange(7)
    if kind == 0:
        return mutated(_npz(arrays, True), chance)
    if kind == 1:
        return truncated(_npz(arrays, False), chance)
    if kind == 2:
        for name in chance.sample(("acc", "gyr", "fs", "gaps", "acc_lsb", "gyr_lsb"), 2):
            arrays[name] = chance.choice(_ODD)
        return _npz(arrays, chance.random() < 0.5)
    if kind == 3:
        for name in chance.sample(sorted(arrays), chance.randint(1, 3)):
            arrays[chance.choice(("gyro", "accel", "a", name + " "))] = arrays.pop(name)
        return _npz(arrays, True)
    if kind == 4:
        members = {f"{name}.npy": _lying_header(chance) for name in chance.sample(("acc", "gyr", "fs"), 2)}
        return _zip(members, chance)
    if kind == 5:
        return chance.choice((b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"acc,gyr\n1,2\n", b"\x00" * 5000))
    return mutated(_npz(arrays, False), chance, 60)


def recordings(_: bytes, seed: int, folder: Path) -> Case:
    """Load a hostile recording as `replay`, `score` and `sim` do."""
    chance = random.Random(seed)
    path = folder / chance.choice(("recording.npz", "recording.csv", "recording.zip"))
    path.write_bytes(_bomb() if seed % 100 == 7 else recording_file(chance))
    return Case().call(lambda: load(path))


def _capture(chance: random.Random) -> bytes:
    """Return a valid capture file."""
    members = {
        "capture.json": b"{}", "messages.jsonl": b"", "README.txt": b"", "samples.npz": _npz(_arrays(chance), True),
    }  # fmt: skip
    return _zip(members, chance)


def capture_file(chance: random.Random) -> bytes:
    """Return a hostile capture."""
    kind = chance.randrange(4)
    if kind == 0:
        return mutated(_capture(chance), chance)
    if kind == 1:
        return truncated(_capture(chance), chance)
    inner = recording_file(chance) if kind == 2 else _zip({"acc.npy": _lying_header(chance)}, chance)
    return _zip({"samples.npz": inner, "../../escape": b"x", "capture.json": mutated(b'{"a": 1}', chance)}, chance)


def captures(_: bytes, seed: int, folder: Path) -> Case:
    """Load a hostile capture, and write captures of samples with absurd indices."""
    chance = random.Random(seed)
    path = folder / "capture.zip"
    path.write_bytes(capture_file(chance))
    return Case().call(lambda: load(path)).call(lambda: _write_capture(chance, folder / "written.zip"))


def _write_capture(chance: random.Random, path: Path) -> None:
    """Write a capture whose sample index jumps, as a lying pod can make it."""
    from retropod.capture.archive import write

    index = np.cumsum([chance.choice((1, 1, 1, 2, 1000, 10**9, 2**31)) for _ in range(20)]).astype(np.int64)
    samples = RawSamples(index, np.zeros((20, chance.choice((3, 6))), np.int16))
    path.unlink(missing_ok=True)
    write(_captured(samples), path)


def _captured(samples: RawSamples) -> Captured:
    return Captured(samples=samples, rate_hz=416.0, acc_lsb_ug=976, gyr_lsb_udps=70_000)


# -- helper files of the store -----------------------------------------------------------------------------------------

_LINES = (
    "", "{", "[]", "null", '{"pod": 1}', '{"boot": null}', "\x00", '{"uptime_s": NaN}', '{"s": 1e999}', "[[0, 5], [3]]",
    '[["a", 1]]', "[[1e308, 2]]", '{"a": ' + "[" * 5000, "9" * 5000, "deadbeef  000001.rpr", "z" * 64 + "  x", "\ud7ff",
)  # fmt: skip


def helper_files(base: bytes, seed: int, folder: Path) -> Case:
    """Read a store whose helper files are hostile: they never hide a run."""
    chance = random.Random(seed)
    pod = folder / "runs" / "240ac40000010000"
    pod.mkdir(parents=True, exist_ok=True)
    (pod / "000001.rpr").write_bytes(base)
    for name in ("clock.jsonl", "000001.rpr.sha256", "000002.rpr.part.json", "000002.rpr.part", "000001.rpr.json"):
        spoil(pod / name, chance)
    spoil(folder / "runs" / chance.choice(("clock.jsonl", "x.rpr", "notes")), chance)
    case = Case().command("runs", "--here").command("show", pod / "000001.rpr", must_pass=True)
    return case.command("--json", "runs", "--here")


def spoil(path: Path, chance: random.Random) -> None:
    """Put nothing, a folder, random bytes or hostile lines at a path."""
    kind = chance.randrange(6)
    if kind == 0:
        return
    if kind == 1:
        path.mkdir(exist_ok=True)
    elif kind == 2:
        path.write_bytes(bytes(chance.randrange(256) for _ in range(chance.choice((0, 10, 3000)))))
    else:
        lines = [chance.choice(_LINES) for _ in range(chance.randint(1, 6))]
        path.write_text("\n".join(lines) + "\n", "utf-8", "surrogatepass")


# -- pods --------------------------------------------------------------------------------------------------------------

_COMMANDS: Sequence[Sequence[str]] = (
    ("info",), ("runs",), ("download",), ("download", "1"), ("erase", "--yes"), ("live", "--seconds", "1"),
    ("config", "get"), ("config", "set", "wearer", "Ida"), ("record", "start"), ("record", "stop"), ("record", "lap"),
    ("time", "sync"), ("mount", "--query"), ("doctor",), ("list",), ("capture", "CAPTURE", "--seconds", "1"),
)  # fmt: skip
_HURRY = 0.02  # factor of all waits
_TEXTS = (
    b"", b"\xff\xfe", b"\x1b[2J\x1b]0;x\x07", "\u202eabc".encode(), b"name=", b"{}", b"x" * 300, b"a\nb",
    b"length_factor=1",
)  # fmt: skip


def _random_lie(chance: random.Random) -> Answer:
    """Return a lie that changes, drops, repeats and replaces some messages, and tells the truth in others."""
    share = chance.choice((0.05, 0.3, 1.0))

    def lie(message: int, values: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
        if chance.random() > share:
            return [(message, values)]
        kind = chance.randrange(6)
        if kind == 0:
            return []
        if kind == 1:
            return [(message, values)] * chance.choice((2, 50))
        if kind == 2:
            return [(chance.choice(ANSWERS), {"request": values.get("request", 0)})]
        return [(message, _changed_values(values, chance))]

    return lie


def _changed_values(values: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    changed = dict(values)
    for name in chance.sample(sorted(values), min(len(values), chance.randint(1, 4))):
        value = values[name]
        if isinstance(value, bytes):
            changed[name] = chance.choice((*_TEXTS, mutated(value, chance) if value else b"x"))
        else:
            changed[name] = chance.choice((0, 1, 0x7F, 0xFF, 0xFFFF, 1 << 31, 0xFFFFFFFF, chance.randrange(1 << 32)))
    return changed


def pods(base: bytes, seed: int, folder: Path) -> Case:
    """Run a command with a pod that lies."""
    chance = random.Random(seed)
    lies = [*LIES.values(), *[_random_lie(chance) for _ in LIES]]
    pod = LyingPod(chance.choice(lies), base, greets=chance.random() < 0.8)
    words = [str(folder / "capture.zip") if word == "CAPTURE" else word for word in chance.choice(_COMMANDS)]
    if chance.random() < 0.5:
        words.insert(0, "--json")

    def run() -> int:
        for module in (discover, examine):  # This process ends after the command.
            module.SerialTransport = lambda *_: pod
        shorten_waits(_HURRY)
        return cli.run(["--port", "liar", *words])

    return Case([Step(run, "--json" in words, diagnoses="doctor" in words)])


# -- all ---------------------------------------------------------------------------------------------------------------

Target = Callable[[bytes, int, Path], Case]
TARGETS: dict[str, Target] = {
    "run files": run_files,
    "recordings": recordings,
    "captures": captures,
    "helper files": helper_files,
    "pods": pods,
}
