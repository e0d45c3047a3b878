"""Transfer of files to a board over its raw REPL, as compressed pieces in base64, which every prompt accepts.

The flow control of the raw-paste mode keeps the board's input ring of 259 bytes from overflowing. Two pieces of 2 kB
and their copies fit a heap of 32 kB. An app of 6 files and 193 kB is 155 kB on the line, answers included.
"""

import base64
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from retropod.board.mpremote import ReplBoard

_PIECE = 2048  # bytes of a file
_WINDOW_BITS = 11  # of the compression: a piece is not longer than this window
_CODE_CHARS = 5800  # two pieces of `_PIECE` bytes that do not compress: fewer round trips
_RECEIVER = """
import binascii, json
try:
    import deflate, io
except ImportError:
    deflate = None
_buf = bytearray(1024)
_file = None
def _open(path):
    global _file
    _file = open(path, "wb")
def _close():
    _file.close()
def _copy(source, at, size):
    with open(source, "rb") as f:
        f.seek(at)
        while size:
            n = f.readinto(memoryview(_buf)[:min(size, len(_buf))])
            if not n:
                raise OSError(5)
            _file.write(memoryview(_buf)[:n])
            size -= n
def _put(text):
    _file.write(binascii.a2b_base64(text))
def _inflate(text):
    stream = deflate.DeflateIO(io.BytesIO(binascii.a2b_base64(text)), deflate.RAW, {bits})
    n = stream.readinto(_buf)
    while n:
        _file.write(memoryview(_buf)[:n])
        n = stream.readinto(_buf)
print(json.dumps(bool(deflate)))
"""


class CopiedRange(NamedTuple):
    """Bytes [at, at + size) of a file to send, which the board has in its file `source` from `offset` on."""

    at: int
    size: int
    source: str
    offset: int


class SentFile(NamedTuple):
    """A file to send: its absolute path on the board, its bytes, and the ranges that the board copies (sorted)."""

    path: str
    data: bytes
    copies: tuple[CopiedRange, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that are sent over the line, before compression."""
        return len(self.data) - sum(one.size for one in self.copies)


def send(board: ReplBoard, files: Iterable[SentFile], on_bytes: Callable[[int], None] = lambda count: None) -> None:
    """Write these files to existing folders of the board. `on_bytes` receives the number of file bytes written so far.

    Compare the files afterwards: this does not detect a byte that changed on the line. Raises PodError for an error of
    the board's file system, and the errors of ReplBoard.exec.
    """
    with board.session(fresh=False):
        inflates = bool(board.ask(_RECEIVER.format(bits=_WINDOW_BITS)))
        done = 0
        for code, count in _programs(files, inflates):
            board.exec(code)
            done += count
            on_bytes(done)


def _programs(files: Iterable[SentFile], inflates: bool) -> Iterator[tuple[str, int]]:
    """Yield pieces of code of up to _CODE_CHARS, and how many file bytes each writes."""
    lines: list[str] = []
    count = 0
    for line, size in _lines(files, inflates):
        if lines and sum(map(len, lines)) + len(lines) + len(line) > _CODE_CHARS:
            yield "\n".join(lines), count
            lines, count = [], 0
        lines.append(line)
        count += size
    if lines:
        yield "\n".join(lines), count


def _lines(files: Iterable[SentFile], inflates: bool) -> Iterator[tuple[str, int]]:
    for file in files:
        yield f"_open({file.path!r})", 0
        at = 0
        for copy in file.copies:
            yield from _pieces(file.data[at : copy.at], inflates)
            yield f"_copy({copy.source!r}, {copy.offset}, {copy.size})", copy.size
            at = copy.at + copy.size
        yield from _pieces(file.data[at:], inflates)
        yield "_close()", 0


def _pieces(data: bytes, inflates: bool) -> Iterator[tuple[str, int]]:
    for at in range(0, len(data), _PIECE):
        piece = data[at : at + _PIECE]
        yield _line(piece, inflates), len(piece)


def _line(piece: bytes, inflates: bool) -> str:
    squeezed = _deflated(piece) if inflates else piece
    name, data = ("_inflate", squeezed) if len(squeezed) < len(piece) else ("_put", piece)
    return f"{name}({base64.b64encode(data).decode()!r})"


def _deflated(piece: bytes) -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW_BITS)
    return squeezer.compress(piece) + squeezer.flush()
