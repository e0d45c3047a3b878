"""Record of one stride: slot numbers of an int32 record, enums and flags.

Sample indices count samples since the engine was built, lost ones included. Lengths are in mm, angles in 0.01 degrees,
shares in per mille. A stride runs from mid-stance to mid-stance. CONTACT, PEAK, LOADING, PITCH and STRIKE belong to the
contact that ends its swing.
"""

from micropython import const

NUMBER = const(0)  # counts strides since construction
OPEN = const(1)  # sample index of the opening mid-stance
CLOSE = const(2)  # sample index of the closing mid-stance
TOE_OFF = const(3)  # sample index
CONTACT = const(4)  # sample index of the initial contact that ends the swing
PREV_CONTACT = const(5)  # the previous initial contact, or -1 if unknown
EMIT = const(6)  # sample index at which the stride was decided
DIRECTION = const(7)
CONFIDENCE = const(8)  # per mille: probability that the best class is right
LENGTH_MM = const(9)  # along the toe axis, backward negative
LATERAL_MM = const(10)  # left positive
RISE_MM = const(11)  # up positive
YAW_CDEG = const(12)  # heading change over the stride, left positive
PEAK_MG = const(13)  # peak |a| at the contact
LOADING_GPS = const(14)  # steepest rise of |a| into that peak, g/s
PITCH_CDEG = const(15)  # foot pitch at contact, toe up positive
STRIKE = const(16)
STRIKE_CONF = const(17)  # per mille
FLAGS = const(18)
LENGTH = const(19)  # slots of a record

NONE = const(-536870912)  # -(2**29): unknown

UNKNOWN = const(0)
FORWARD = const(1)
BACKWARD = const(2)
LATERAL_LEFT = const(3)
LATERAL_RIGHT = const(4)

HEEL = const(1)
NOT_HEEL = const(2)

FLAG_GAP = const(1)  # samples were lost in the stride
FLAG_CLIPPED_ACC = const(2)
FLAG_CLIPPED_PEAK = const(4)  # clipped at the peak: PEAK_MG and LOADING_GPS are lower bounds
FLAG_CLIPPED_GYR = const(8)
FLAG_MOUNT_UNVERIFIED = const(16)
FLAG_BIAS_UNKNOWN = const(32)  # the gyroscope has not been at rest yet
FLAG_TURNING = const(64)
FLAG_TILT_OPEN = const(128)  # integrated gravity differs from the measured gravity of the closing stance
FLAG_FIRST = const(256)  # the previous contact is unknown
FLAG_TOO_SLOW = const(512)  # slower than the people recorded
FLAG_NOT_GAIT = const(1024)  # the swing is not livelier than the stances, as on pedals, machines and vehicles
FLAG_JOINED = const(2048)  # too long for a running stride: a stance was missed

MOUNT_NONE = const(0)
MOUNT_GIVEN = const(1)
MOUNT_VERIFIED = const(2)
MOUNT_SUSPECT = const(3)
