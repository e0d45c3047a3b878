"""Mount of the pod on the shoe: the matrix, its state, and the mount check.

A pod rotated about the vertical by half a turn mirrors forward and backward, and gait data cannot show this. So the
matrix comes from a host or from the check, persists across resets, and becomes `suspect` at any sign of handling.

Samples and strides can come while the file system is in use. So `step` writes changes and loads modules.
"""

import json

from pod import Refused
from pod.gait import handling, mounting  # the build keeps only the detector and replaces the constants
from pod.gait import stride as S
from pod.ondemand import load
from pod.storage import store
from retrowire import codec

NONE = codec.value("mount", "none")
GIVEN = codec.value("mount", "given")
VERIFIED = codec.value("mount", "verified")
SUSPECT = codec.value("mount", "suspect")
_TO_ENGINE = {NONE: S.MOUNT_NONE, GIVEN: S.MOUNT_GIVEN, VERIFIED: S.MOUNT_VERIFIED, SUSPECT: S.MOUNT_SUSPECT}
_NO_REASON = codec.value("mount_reason", "none")
_MOVED = codec.value("mount_reason", "moved")
_POWER_LOST = codec.value("mount_reason", "power_lost")
_WOKE = codec.value("mount_reason", "woke")
_IDLE = codec.value("mount_phase", "idle")
_STILL = codec.value("mount_phase", "still")
# Reasons by the numbers NONE, MOVED, TURNED, HANDLED of handling.py.
_DETECTED = (_NO_REASON, _MOVED, codec.value("mount_reason", "turned"), codec.value("mount_reason", "handled"))
# Phases by the numbers IDLE, STILL, WALK, PASSED, FAILED of mounting.py, and reasons by its numbers FAILED_*.
_PHASES = (
    _IDLE,
    _STILL,
    codec.value("mount_phase", "walk"),
    codec.value("mount_phase", "passed"),
    codec.value("mount_phase", "failed"),
)
_FAILURES = (
    _NO_REASON,
    codec.value("mount_reason", "not_forward"),
    codec.value("mount_reason", "timeout"),
    codec.value("mount_reason", "undecided"),
)
_EVENT = codec.value("event", "mount")
_CLEARING = 5  # strides of this foot: ten steps
_UNITY = (16384, 0, 0, 0, 16384, 0, 0, 0, 16384)
_NOT_KNOWN = codec.none("h")


class Mount:
    """`state` and `reason` are numbers of the schema's enums, `matrix` nine integers in Q14: shoe = matrix * chip."""

    def __init__(self, path: str, power_lost: bool, publish):
        """`publish(kind, a, b)` sends an event."""
        self.reason = _NO_REASON
        self._path = path
        self._publish = publish
        self._engine = None
        self._sensor = None
        self._detector = None
        self._learner = None
        self._changed = False  # since the file was written
        self._toe_axis = None  # clears the `suspect` state of a pod without a gyroscope
        self._forward = 0  # forward strides in a row while the mount is suspect
        self._shown = (_IDLE, 0, _NOT_KNOWN, _NOT_KNOWN)  # phase, strides, tilt and heading of the last check
        self.state, self._trusted, self.matrix = load("pod.sampling.mountfile").stored(path)
        if power_lost and self.state in (GIVEN, VERIFIED):
            self._trusted = self.state
            self.state = SUSPECT
            self.reason = _POWER_LOST

    def set_engine(self, engine, sensor) -> None:
        """Use a new engine and the samples of this sensor from now on."""
        self._engine = engine
        self._sensor = sensor
        self._detector = handling.HandlingDetector(sensor.rate_mhz, sensor.acc_lsb_ug, sensor.gyr_lsb_udps)
        self._toe_axis = None
        self._apply()
        if self._learner:
            self.learn()  # Begin again: the strides so far were measured by another engine.

    def step(self) -> None:
        """Write the mount if it has changed. Load the module that clears `suspect` without a gyroscope if needed."""
        if self._changed:
            self._changed = False
            self._save()
        if self.state == SUSPECT and self._toe_axis is None and self._sensor and not self._sensor.gyr_lsb_udps:
            self._toe_axis = load("pod.gait.toeaxis").ToeAxis(self._engine.mode)

    @property
    def moving(self) -> bool:
        """True while the pod moves."""
        return self._detector is not None and self._detector.rest.still == 0

    def woke(self) -> None:
        """Make the mount `suspect` after sleep, during which handling is not detected."""
        self.gap()
        if self.state in (GIVEN, VERIFIED):
            self._suspect(_WOKE)

    # -- samples and strides -----------------------------------------------------------------------

    def feed(self, samples, offset: int, count: int) -> None:
        """Take the samples that the engine got. Call `stride` first for strides that ended with them."""
        if self._learner:
            self._check(samples, offset, count)
            return
        detector = self._detector
        detector.feed(samples, offset, count)
        if detector.reason != handling.NONE:
            if self.state in (GIVEN, VERIFIED):
                self._suspect(_DETECTED[detector.reason])
        elif self.state == SUSPECT and self.reason == _MOVED:
            self._set(self._trusted, _NO_REASON)  # Gravity is back: the pod has not moved on the shoe.

    def stride(self, record) -> None:
        """Take a stride of the engine."""
        if self._learner:
            self._learner.stride(record)
            self._update_check()
            return
        self._detector.stride(record)
        if self.state == SUSPECT and self._clears(record):
            self._set(self._trusted, _NO_REASON)

    def gap(self) -> None:
        """Samples are missing before the next ones."""
        self._detector.rest.break_off()

    # -- requests of a host ------------------------------------------------------------------------

    def learn(self) -> None:
        """Begin the check: stand still for two seconds, then walk ten steps forward. Refused without a sensor."""
        if self._sensor is None:
            raise Refused(codec.value("error", "sensor_missing"))
        sensor = self._sensor
        self._toe_axis = None
        toe_axis = None if sensor.gyr_lsb_udps else load("pod.gait.toeaxis").ToeAxis(self._engine.mode)
        self._learner = load("pod.gait.mounting").Learner(
            sensor.rate_mhz, sensor.acc_lsb_ug, sensor.gyr_lsb_udps, toe_axis
        )
        self._shown = (_STILL, 0, _NOT_KNOWN, _NOT_KNOWN)

    def cancel(self) -> None:
        """Cancel the check. The mount does not change."""
        if self._learner:
            self._learner = None
            self._shown = (_IDLE, 0, _NOT_KNOWN, _NOT_KNOWN)
            self._apply()

    def give(self, packed: bytes) -> None:
        """Set the matrix: nine int16, Q14. Raises Refused if it is not a rotation."""
        matrix = codec.unpack_matrix(packed)
        if not load("pod.sampling.mountfile").is_rotation(matrix):
            raise Refused(codec.value("error", "malformed"), "not a rotation")
        self._learner = None
        self.matrix = matrix
        self._set(GIVEN, _NO_REASON)

    def forget(self) -> None:
        """Reset the mount to the state of a new pod."""
        self._learner = None
        self.matrix = _UNITY
        self._set(NONE, _NO_REASON)

    def values(self) -> list:
        """Return the values of the `mount` message: state, phase, strides, matrix, tilt, heading, reason."""
        phase, strides, tilt, heading = self._shown
        return [self.state, phase, strides, self.packed(), tilt, heading, self.reason]

    def packed(self) -> bytes:
        """Return the matrix as nine int16."""
        return codec.pack_matrix(self.matrix)

    # ----------------------------------------------------------------------------------------------

    def _check(self, samples, offset: int, count: int) -> None:
        if self._learner.feed(samples, offset, count):
            self._engine.set_mount(self._learner.matrix, S.MOUNT_SUSPECT)
        self._update_check()

    def _update_check(self) -> None:
        """Read the progress of the check, and its result once it has ended."""
        learner = self._learner
        tilt = heading = _NOT_KNOWN
        if learner.phase != mounting.STILL:
            tilt = int(learner.tilt_deg * 10)
        if learner.phase == mounting.PASSED:
            heading = int(learner.heading_deg * 10)
        self._shown = (_PHASES[learner.phase], min(255, learner.strides), tilt, heading)
        if learner.phase == mounting.PASSED:
            self._learner = None
            self.matrix = tuple(learner.matrix)
            self._set(VERIFIED, _NO_REASON)
        elif learner.phase == mounting.FAILED:
            self._learner = None
            self.reason = _FAILURES[learner.reason]
            self._apply()

    def _clears(self, record) -> bool:
        """Return whether ten steps forward by the suspect matrix have confirmed it."""
        if self._sensor.gyr_lsb_udps:
            self._forward = self._forward + 1 if handling.is_forward(record) else 0
            return self._forward >= _CLEARING
        return self._toe_axis is not None and self._toe_axis.confirms(record)

    def _suspect(self, reason: int) -> None:
        self._trusted = self.state
        self._forward = 0
        self._toe_axis = None
        self.state = SUSPECT
        self.reason = reason
        self._engine.set_mount(self.matrix, S.MOUNT_SUSPECT)  # Do not reset the detector: the suspicion may clear.
        self._note_change()

    def _set(self, state: int, reason: int) -> None:
        self.state = state
        self.reason = reason
        self._toe_axis = None
        self._trusted = state  # state to return to from `suspect`
        self._apply()
        self._note_change()

    def _note_change(self) -> None:
        self._changed = True
        self._publish(_EVENT, self.state, self.reason)

    def _save(self) -> None:
        held = json.dumps({"state": self.state, "trusted": self._trusted, "matrix": list(self.matrix)})
        try:
            store.write_atomic(self._path, held.encode())
        except OSError:
            pass  # The flash is full: the change applies until the next boot, which does not trust the mount more.

    def _apply(self) -> None:
        if self._engine is None:
            return
        self._engine.set_mount(self.matrix, _TO_ENGINE[self.state])
        self._detector.set_up(*self.matrix[6:9])
