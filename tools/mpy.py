"""What is in a compiled module: names, bytecode and machine code.

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
    """One module: the names that it brings (those that every MicroPython has aside), and its bytes of code."""

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
        """A name in full; empty for one of those that every MicroPython has."""
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
                raise DamagedData("machine code with relocations", "the app has none")
        if head & _HAS_CHILDREN:
            for _ in range(self.number()):
                self.function()


def read(data: bytes) -> Compiled:
    """Take a .mpy file apart. Raises DamagedData when it is none of this format."""
    if data[:2] != b"M\x06":
        raise DamagedData("no compiled module of format 6", "is mpy-cross too new?")
    reader = _Reader(data)
    try:
        names, objects = reader.number(), reader.number()
        found = [reader.name() for _ in range(names)]
        for _ in range(objects):
            reader.skip_object()
        reader.function()
    except (IndexError, UnicodeError) as error:
        raise DamagedData("a compiled module ends early or is damaged", "build it anew") from error
    return Compiled(tuple(name for name in found if name), reader.bytecode, reader.native)
