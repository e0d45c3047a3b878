"""Stand-in for `flashbdev`: the block device that the file system lies on."""

from vpod import board

bdev = board.flash
