"""The time of each operation on an ESP32: the only table of the virtual pod's cost model.

Source of every row: measured on an emulated ESP32 (stock ESP32_GENERIC v1.25.0, littlefs, UART at 115,200), unless the
comment says that it is derived or assumed. docs/virtual-pod-costs.md describes the model and its limits.
"""

from micropython import const

# -- CPU

# One iteration of `while i < n: i += 1`: 30 times the 40 ns that it takes on the unix runtime on an idle machine. The
# firmware's CPU time is charged in proportion, whatever it is spent on.
LOOP_PS = const(1_200_000)
# Reading the clock. Assumed; it also ends a loop that waits for a deadline.
CLOCK_US = const(2)
# An explicit gc.collect(): 0.6 to 1.0 ms.
COLLECT_US = const(800)
# Walking the heap to count it, as gc.mem_free() does. Assumed: half a collection.
COUNT_HEAP_US = const(400)
# An object takes about this many times as many bytes with 64-bit words. Derived from the size of a word.
WORD_RATIO = const(2)

# -- flash and littlefs. Divided so that every row of the file table is met; see tests/host/virtual/test_costs.py.

# One block-device read: the flash (measured) and littlefs's work around it (derived from `os.listdir` of 45 files).
READ_US = const(151)
LITTLEFS_US = const(38)
# Bytes of a read beyond the first 32. Assumed: SPI flash delivers about 10 MB/s.
READ_BYTES_FREE = const(32)
READ_BYTE_NS = const(100)
# Erasing a sector of 4 kB, and programming a call's bytes. Derived from a file of 1.5 kB, 77 to 124 ms, and from 4 kB,
# about 100 ms: their difference is a sector, the rest are calls of 128 bytes. Data sheets name 45 ms for a sector.
ERASE_US = const(45_000)
PROGRAM_US = const(1600)
PROGRAM_BYTE_NS = const(1500)

# -- console

# poll(0) and readinto() of one byte together take 28 us, of which the bytecode around them is metered.
POLL_US = const(12)
READ_BYTE_US = const(6)
# A write into the UART's queue. Assumed.
WRITE_US = const(20)
# The UART's hardware queue. A longer write blocks in ticks of the operating system.
QUEUE_BYTES = const(128)
TICK_US = const(10_000)
