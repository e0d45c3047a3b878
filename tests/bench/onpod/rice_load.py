"""The compression's kernel on a file of samples, or nothing in its place: rice_load.py FILE AXES rice|nothing."""

import sys

import micropython

from pod.sampling import _kernel_rice as rice

LIMIT = 504


@micropython.viper
def nothing(buf: ptr16, first: int, last: int, axes: int, out: ptr16, limit: int, frame: ptr32, table: ptr8) -> int:
    return 1


def main(path, axes, which):
    """Begin a new frame when one is full. That block is then encoded twice, as in the packer."""
    add_block = rice.add_block if which == "rice" else nothing
    block = bytearray(rice.BLOCK * 2 * axes)
    out = bytearray(LIMIT + rice.SLACK)
    state, table = rice.state(), rice.least_k()
    samples = 0
    with open(path, "rb") as source:
        while source.readinto(block) == len(block):
            samples += rice.BLOCK
            if samples == rice.BLOCK or not add_block(block, 0, rice.BLOCK, axes, out, LIMIT, state, table):
                rice.begin(block, axes, out, state)
                add_block(block, 1, rice.BLOCK, axes, out, LIMIT, state, table)
    print(samples)


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
