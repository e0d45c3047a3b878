"""Arrays of an npz file or a capture. Claimed sizes are checked before anything is read."""

import errno
import io
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple

from numpy.lib import format as npy
from numpy.typing import NDArray

from retropod.errors import DamagedData, RetropodError
from retropod.inputs import MIB, check, unreadable

IN_CAPTURE = "samples.npz"  # the recording's name in the output of `retropod capture`
MOST_SAMPLES = 10_000_000
_MOST_BYTES = MOST_SAMPLES * 6 * 8  # six axes of float64
_MOST_DIRECTORY = 1 << 16  # bytes; an entry has about 60
_END, _END_BYTES, _END_DIRECTORY, _MOST_COMMENT = b"PK\5\6", 22, 12, 0xFFFF  # end record of a zip file
_MOST_RATIO = 200  # noise of a sensor compresses by less than 10; a model that stands still by about 100
_ENTRY_BYTES = 30  # least bytes before the data of an entry
_SMALL = 16 * MIB  # any ratio is accepted up to this size
_LOCATOR, _LOCATOR_BYTES = b"PK\6\7", 20  # of the end record of a zip64 file, directly before the end record
# All that zipfile, the decompressors and the parser of npy headers raise for damaged data.
_DAMAGE = (
    ValueError, TypeError, EOFError, zipfile.BadZipFile, RuntimeError, zlib.error, lzma.LZMAError,
    SyntaxError, TokenError, OverflowError, MemoryError, AttributeError, KeyError, IndexError,
)  # fmt: skip


class Arrays(NamedTuple):
    """`values`: the requested arrays by name. `names`: of all arrays in the file. `captured`: by `retropod capture`."""

    values: dict[str, NDArray[Any]]
    names: list[str]
    captured: bool


def read(path: Path, wanted: Sequence[str], give: str) -> Arrays:
    """Return the arrays called `wanted`. `give`: hint for the user.

    Raises DamagedData, which names file and fault, for an invalid file; other errors: see `inputs.check`.
    """
    check(path, _MOST_BYTES, give)
    try:
        with path.open("rb") as file:
            return _read(file, path, wanted, give)
    except RetropodError:
        raise
    except OSError as error:
        if error.errno in (None, errno.EINVAL):  # a directory that points outside of the file
            raise _damage(path, error, give) from error
        raise unreadable(path, error, give) from error
    except _DAMAGE as error:
        raise _damage(path, error, give) from error


def _damage(path: Path, error: Exception, give: str) -> DamagedData:
    reason = "it is not a zip file" if _is_other(path) else _first_line(error)
    return DamagedData(f"{path} is not a recording: {reason}", give)


def _is_other(path: Path) -> bool:
    with path.open("rb") as file:
        return not file.read(4).startswith(b"PK")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".").lower()


def _read(file: IO[bytes], path: Path, wanted: Sequence[str], give: str) -> Arrays:
    with _opened(file) as archive:
        if IN_CAPTURE in archive.namelist():
            inner = io.BytesIO(_content(archive, IN_CAPTURE, path, give))
            with _opened(inner) as samples:
                return Arrays(_arrays(samples, path, wanted, give), _names(samples), True)
        if "capture.json" in archive.namelist():
            raise DamagedData(
                f"{path} is a capture without samples", "make one with `retropod capture FILE --seconds 10`"
            )
        return Arrays(_arrays(archive, path, wanted, give), _names(archive), False)


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    """Open a zip file whose directory is not too long: zipfile keeps an object for each entry."""
    if _directory_bytes(file) > _MOST_DIRECTORY:
        raise ValueError(f"the directory of the zip file has more than {_MOST_DIRECTORY} bytes")
    return zipfile.ZipFile(file)


def _directory_bytes(file: IO[bytes]) -> int:
    """Return the size of the directory, as the end of the zip file states it."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _MOST_COMMENT - _END_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise ValueError("the end of the zip file is missing")
    if tail[max(0, at - _LOCATOR_BYTES) : at].startswith(_LOCATOR):
        raise ValueError("it is a zip64 file, which a recording is too small for")
    return int.from_bytes(tail[at + _END_DIRECTORY : at + _END_DIRECTORY + 4], "little")


def _content(archive: zipfile.ZipFile, name: str, path: Path, give: str) -> bytes:
    _check_entry(archive, archive.getinfo(name), path, give)
    return archive.read(name)


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, give: str) -> None:
    if not 0 <= entry.header_offset <= archive.start_dir - _ENTRY_BYTES:
        raise ValueError(f"{entry.filename} is outside of the file")
    size, packed = entry.file_size, max(entry.compress_size, 1)
    if size > _MOST_BYTES:
        raise DamagedData(
            f"{path}: {entry.filename} has {size / MIB:,.0f} MiB unpacked, the limit is {_MOST_BYTES // MIB:,} MiB "
            f"({MOST_SAMPLES:,} samples)",
            f"cut the recording into parts; {give}",
        )
    if size > _SMALL and size > _MOST_RATIO * packed:
        raise DamagedData(
            f"{path}: {entry.filename} is compressed {size // packed} times, the limit is {_MOST_RATIO} times",
            f"it contains no samples of a sensor; {give}",
        )


def _names(archive: zipfile.ZipFile) -> list[str]:
    return [" ".join(name.removesuffix(".npy").split()) for name in archive.namelist()]


def _arrays(archive: zipfile.ZipFile, path: Path, wanted: Sequence[str], give: str) -> dict[str, NDArray[Any]]:
    names = {name.removesuffix(".npy"): name for name in archive.namelist()}
    found: dict[str, NDArray[Any]] = {}
    for name in wanted:
        if name in names:
            entry = archive.getinfo(names[name])
            _check_entry(archive, entry, path, give)
            with archive.open(entry) as file:
                _check_header(file, entry.file_size, name)
            with archive.open(entry) as file:
                found[name] = npy.read_array(file, allow_pickle=False)
                file.read(1)  # at the end of the data zipfile compares the checksum
    return found


def _check_header(file: IO[bytes], size: int, name: str) -> None:
    """Raise ValueError unless the array in an npy file is as long as the file, and has numbers."""
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"{name} has npy version {version[0]}.{version[1]}")
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = header(file)
    if dtype.kind not in "iufb":
        raise ValueError(f"{name} has {'objects' if dtype.hasobject else dtype} and not numbers")
    count = 1
    for length in shape:
        count *= length
    if count < 0 or file.tell() + count * dtype.itemsize != size:
        raise ValueError(f"{name} claims the shape {shape}, its data has another length")
