"""How the pod sits on the shoe: the matrix, how far it can be trusted, and the check that finds it.

A pod turned half about the vertical mirrors forward and backward, and gait does not show it. So the matrix comes from a
host or from the check, is kept over restarts, and is doubted as soon as there is a sign of handling.

Samples and strides come while the file system may be in use. What they change is written, and a module that they need
is loaded, by `step`.
"""

import json

from pod.gait import handling, mounting  # built for a pod, of these only numbers are left, but for the watch
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
_WATCHED = {
    handling.MOVED: codec.value("mount_reason", "moved"),
    handling.TURNED: codec.value("mount_reason", "turned"),
    handling.HANDLED: codec.value("mount_reason", "handled"),
}
_FAILURES = {
    mounting.FAILED_NOT_FORWARD: codec.value("mount_reason", "not_forward"),
    mounting.FAILED_TIMEOUT: codec.value("mount_reason", "timeout"),
    mounting.FAILED_UNDECIDED: codec.value("mount_reason", "undecided"),
}
_IDLE = codec.value("mount_phase", "idle")
_PHASES = {
    mounting.IDLE: _IDLE,
    mounting.STILL: codec.value("mount_phase", "still"),
    mounting.WALK: codec.value("mount_phase", "walk"),
    mounting.PASSED: codec.value("mount_phase", "passed"),
    mounting.FAILED: codec.value("mount_phase", "failed"),
}
_EVENT = codec.value("event", "mount")
_CLEARING = 5  # strides of this foot: ten steps
_UNITY = (16384, 0, 0, 0, 16384, 0, 0, 0, 16384)
_NOT_KNOWN = codec.none("h")


class MountError(Exception):
    """What was asked cannot be done; `code` is a number of the schema's `error` enum."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code


class Mount:
    """`state` and `reason` are numbers of the schema's enums, `matrix` nine integers in Q14: shoe = matrix * chip."""

    def __init__(self, path: str, power_lost: bool, publisher):
        self.reason = _NO_REASON
        self._path = path
        self._publisher = publisher
        self._engine = None
        self._sensor = None
        self._watch = None
        self._learner = None
        self._changed = False  # since the file was written
        self._toe_axis = None  # without a gyroscope: what a doubt is cleared by, while there is one
        self._forward = 0  # strides in a row that went forward while the mount is in doubt
        self._shown = (_IDLE, 0, _NOT_KNOWN, _NOT_KNOWN)  # phase, strides, tilt and heading of the last check
        self.state, self._trusted, self.matrix = _stored(store.read(path))
        if power_lost and self.state in (GIVEN, VERIFIED):
            self._trusted = self.state
            self.state = SUSPECT
            self.reason = _POWER_LOST

    def attach(self, engine, sensor) -> None:
        """There is an engine to tell and a sensor to watch."""
        self._engine = engine
        self._sensor = sensor
        self._watch = handling.HandlingDetector(sensor.rate_mhz, sensor.acc_lsb_ug, sensor.gyr_lsb_udps)
        self._toe_axis = None
        self._apply()
        if self._learner:
            self.learn()  # what was gathered was another engine's

    def step(self) -> None:
        """Write the mount if it has changed, and load the module that clears a doubt without a gyroscope."""
        if self._changed:
            self._changed = False
            self._save()
        if self.state == SUSPECT and self._toe_axis is None and self._sensor and not self._sensor.gyr_lsb_udps:
            self._toe_axis = load("pod.gait.toeaxis").ToeAxis(self._engine.mode)

    @property
    def moving(self) -> bool:
        """Whether the pod does not lie still at this moment."""
        return self._watch is not None and self._watch.rest.still == 0

    def woke(self) -> None:
        """The pod has slept: whatever was done to it meanwhile was not seen."""
        self.gap()
        if self.state in (GIVEN, VERIFIED):
            self._doubt(_WOKE)

    # -- what comes from the sampler ---------------------------------------------------------------

    def feed(self, samples, offset: int, count: int) -> None:
        """The samples that the engine got; the strides that closed with them have been told before."""
        if self._learner:
            self._check(samples, offset, count)
            return
        watch = self._watch
        watch.feed(samples, offset, count)
        if watch.reason != handling.NONE:
            if self.state in (GIVEN, VERIFIED):
                self._doubt(_WATCHED[watch.reason])
        elif self.state == SUSPECT and self.reason == _MOVED:
            self._set(self._trusted, _NO_REASON)  # gravity came back: the pod has not moved on the shoe

    def stride(self, record) -> None:
        """A stride of the engine."""
        if self._learner:
            self._learner.stride(record)
            self._look_at_check()
            return
        self._watch.stride(record)
        if self.state == SUSPECT and self._clears(record):
            self._set(self._trusted, _NO_REASON)

    def gap(self) -> None:
        """Samples are missing here."""
        self._watch.rest.break_off()

    # -- what comes from the host ------------------------------------------------------------------

    def learn(self) -> None:
        """Begin the check: stand still for two seconds, then ten steps forward. MountError without a sensor."""
        if self._sensor is None:
            raise MountError(codec.value("error", "sensor_missing"), "")
        sensor = self._sensor
        self._toe_axis = None
        toe_axis = None if sensor.gyr_lsb_udps else load("pod.gait.toeaxis").ToeAxis(self._engine.mode)
        self._learner = load("pod.gait.mounting").Learner(
            sensor.rate_mhz, sensor.acc_lsb_ug, sensor.gyr_lsb_udps, toe_axis
        )
        self._shown = (_PHASES[mounting.STILL], 0, _NOT_KNOWN, _NOT_KNOWN)

    def cancel(self) -> None:
        """End a check that is under way; the mount stays as it was."""
        if self._learner:
            self._learner = None
            self._shown = (_IDLE, 0, _NOT_KNOWN, _NOT_KNOWN)
            self._apply()

    def give(self, packed: bytes) -> None:
        """A host knows the matrix: nine int16, Q14. MountError when it is no rotation."""
        matrix = codec.unpack_matrix(packed)
        if not _is_rotation(matrix):
            raise MountError(codec.value("error", "malformed"), "no rotation")
        self._learner = None
        self.matrix = matrix
        self._set(GIVEN, _NO_REASON)

    def forget(self) -> None:
        """As a new pod: nothing known."""
        self._learner = None
        self.matrix = _UNITY
        self._set(NONE, _NO_REASON)

    def values(self) -> list:
        """State, phase, strides, matrix, tilt, heading and reason, as the `mount` message holds them."""
        phase, strides, tilt, heading = self._shown
        return [self.state, phase, strides, self.packed(), tilt, heading, self.reason]

    def packed(self) -> bytes:
        """The matrix as nine int16."""
        return codec.pack_matrix(self.matrix)

    # ----------------------------------------------------------------------------------------------

    def _check(self, samples, offset: int, count: int) -> None:
        if self._learner.feed(samples, offset, count):
            self._engine.set_mount(self._learner.matrix, S.MOUNT_SUSPECT)
        self._look_at_check()

    def _look_at_check(self) -> None:
        """How far is it? When it has ended, what follows."""
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
            self.reason = _FAILURES.get(learner.reason, _NO_REASON)
            self._apply()

    def _clears(self, record) -> bool:
        """Whether ten steps have gone forward by the doubted matrix."""
        if self._sensor.gyr_lsb_udps:
            self._forward = self._forward + 1 if handling.is_forward(record) else 0
            return self._forward >= _CLEARING
        return self._toe_axis is not None and self._toe_axis.confirms(record)

    def _doubt(self, reason: int) -> None:
        self._trusted = self.state
        self._forward = 0
        self._toe_axis = None
        self.state = SUSPECT
        self.reason = reason
        self._engine.set_mount(self.matrix, S.MOUNT_SUSPECT)  # the watch keeps what it knows: the doubt may clear
        self._keep()

    def _set(self, state: int, reason: int) -> None:
        self.state = state
        self.reason = reason
        self._toe_axis = None
        self._trusted = state  # what a doubt that clears goes back to
        self._apply()
        self._keep()

    def _keep(self) -> None:
        self._changed = True
        self._publisher.event(_EVENT, self._publisher.index(), self.state, self.reason)

    def _save(self) -> None:
        held = json.dumps({"state": self.state, "trusted": self._trusted, "matrix": list(self.matrix)})
        try:
            store.write_atomic(self._path, held.encode())
        except OSError:
            pass  # a full flash: it holds until the next start, which then knows less, never more

    def _apply(self) -> None:
        if self._engine is None:
            return
        self._engine.set_mount(self.matrix, _TO_ENGINE[self.state])
        self._watch.set_up(*self.matrix[6:9])


def _is_rotation(m) -> bool:
    """Three rows of length 1 across each other, right-handed, within 3 %."""
    rows = [[value / 16384 for value in m[i : i + 3]] for i in (0, 3, 6)]
    for i in range(3):
        for j in range(i, 3):
            product = sum([rows[i][k] * rows[j][k] for k in range(3)])
            if abs(product - (1 if i == j else 0)) > 0.03:
                return False
    x, y, z = rows
    volume = sum([x[i] * (y[i - 2] * z[i - 1] - y[i - 1] * z[i - 2]) for i in range(3)])
    return volume > 0


def _stored(data: bytes) -> tuple:
    """(state, what a doubt goes back to, matrix) from the file; none and unity when it is missing or damaged."""
    try:
        held = json.loads(data)
        matrix = tuple(held["matrix"])
        state, trusted = held["state"], held.get("trusted", NONE)
        known = (NONE, GIVEN, VERIFIED, SUSPECT)
        if len(matrix) == 9 and _is_rotation(matrix) and state in known and trusted in known:
            return state, trusted, matrix
    except (ValueError, KeyError, TypeError):
        pass
    return NONE, NONE, _UNITY
