"""Stand-ins for viper's pointer types: indexed by element, stores truncate, ptr8 and ptr16 load unsigned."""

from typing import ClassVar


class _Pointer:
    code: ClassVar[str]
    mask: ClassVar[int]

    def __init__(self, target):
        if isinstance(target, _Pointer):
            target = target.bytes
        self.bytes = memoryview(target).cast("B")
        self.cells = self.bytes.cast(self.code)

    def __getitem__(self, index):
        assert index >= 0, "a negative index reads before the buffer"
        return self.cells[index]

    def __setitem__(self, index, value):
        assert index >= 0, "a negative index writes before the buffer"
        self.cells[index] = value & self.mask


class Ptr8(_Pointer):
    code, mask = "B", 0xFF


class Ptr16(_Pointer):
    code, mask = "H", 0xFFFF


class Ptr32(_Pointer):
    """A 64-bit runtime loads int32 without its sign, the pod with it. Values must not be negative on either."""

    code, mask = "I", 0xFFFFFFFF

    def __getitem__(self, index):
        value = super().__getitem__(index)
        assert value < 1 << 31, "a negative int32 reads differently on a 64-bit runtime"
        return value


POINTERS = {"ptr8": Ptr8, "ptr16": Ptr16, "ptr32": Ptr32}
