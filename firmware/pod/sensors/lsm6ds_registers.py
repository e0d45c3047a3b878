"""Registers of the LSM6DS family and their bits. The build for the pod inlines the numbers.

Ref: ST LSM6DSO32 data sheet DS13082, LSM6DSO DS12140, LSM6DSOX DS12814; application notes AN5473, AN5192, AN5272.
"""

from micropython import const

REG_FIFO_CTRL1 = const(0x07)
REG_FIFO_CTRL4 = const(0x0A)
REG_WHO_AM_I = const(0x0F)
REG_CTRL1_XL = const(0x10)
REG_CTRL2_G = const(0x11)
REG_CTRL3_C = const(0x12)
REG_CTRL5_C = const(0x14)
REG_CTRL6_C = const(0x15)
REG_WAKE_UP_SRC = const(0x1B)
REG_OUT_TEMP_L = const(0x20)
REG_OUTX_L_G = const(0x22)
REG_FIFO_STATUS1 = const(0x3A)
REG_TAP_CFG0 = const(0x56)
REG_TAP_CFG2 = const(0x58)
REG_WAKE_UP_THS = const(0x5B)
REG_WAKE_UP_DUR = const(0x5C)
REG_MD1_CFG = const(0x5E)
REG_INTERNAL_FREQ_FINE = const(0x63)
REG_FIFO_DATA_OUT_TAG = const(0x78)

WHO_AM_I = const(0x6C)
CTRL3_SW_RESET = const(0x01)
CTRL3_IF_INC = const(0x04)
CTRL3_BDU = const(0x40)
CTRL9_I3C_DISABLE = const(0x02)
CTRL9_DEN_DEFAULT = const(0xE0)
FS_XL_WIDEST = const(0x01 << 2)
FS_G_2000_DPS = const(0x03 << 2)
FIFO_MODE_CONTINUOUS = const(0x06)
STATUS2_OVR_IA = const(0x40)
STATUS2_OVR_LATCHED = const(0x08)
STATUS2_DIFF = const(0x03)
ODR_26_HZ = const(0x20)
XL_LOW_POWER = const(0x10)
INTERRUPTS_ENABLE = const(0x80)
WAKE_THS_FINE = const(0x10)  # threshold in 1/256 of full scale
INT1_WAKE_UP = const(0x20)
LATCHED = const(0x41)  # until WAKE_UP_SRC is read, which clears it immediately
WU_IA = const(0x08)
TEST_XL = const(0x01)
TEST_G = const(0x04)
GYR_LSB_UDPS = const(70_000)
FIFO_WORDS = const(512)
SETTLE_MS = const(100)  # the gyroscope needs up to 70 ms from power-down, the filters a few samples more
