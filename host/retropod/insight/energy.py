"""Energy of running, as a range."""

from collections.abc import Sequence

from retropod.insight.context import RunContext
from retropod.insight.measures import no_way, reliable_speed
from retropod.insight.stride import Stride
from retropod.insight.value import Reason, Value, absent

ERROR = 0.2  # of the energy: the increase backward was measured on few people
BACKWARD_FACTOR = 1.35  # Ref: Wright & Weyand 2001, JEB 204:1805, n = 4; EJAP 2020 120:2507, n = 8
EVIDENCE = "increase backward: n = 4 at 3.0 m/s (Wright & Weyand 2001) and n = 8 uphill (EJAP 2020 120:2507)"
JOULES_PER_KCAL = 4184.0
_KCAL_PER_LITRE = 5.0  # of oxygen


def energy(strides: Sequence[Stride], context: RunContext) -> Value:
    """Return the energy of the running strides of known speed, in kJ, with its error bound as the spread.

    Needs the wearer's mass. The equation is for running, on level ground or uphill. An unknown grade counts as level.
    Ref: ACSM running equation, VO2 = 3.5 + 0.2 S + 0.9 S G in ml/kg/min, S in m/min.
    """
    if context.mass_kg is None:
        return absent(Reason.NO_MASS)
    if reason := no_way(strides):
        return absent(reason)
    speeds = [(one, speed) for one in strides if (speed := reliable_speed(one)) is not None and one.cycle_s]
    if not speeds:
        return absent(Reason.NO_GYROSCOPE if context.gyroscope is False else Reason.NO_LENGTH)
    running = [(one, speed) for one, speed in speeds if one.aerial_time_s is not None]
    if 2 * len(running) < len(speeds):
        return absent(Reason.NOT_RUNNING)
    grade = context.grade or 0.0
    if grade < 0 or (grade and any(one.direction != "backward" for one, _ in running)):
        return absent(Reason.HILL)
    kcal = sum(
        _kcal_per_s(abs(speed), one.direction, grade, context.mass_kg) * (one.cycle_s or 0.0) for one, speed in running
    )
    kilojoules = kcal * JOULES_PER_KCAL / 1000
    return Value(kilojoules, None, len(running), ERROR * kilojoules)


def _kcal_per_s(speed_mps: float, direction: str, grade: float, mass_kg: float) -> float:
    speed = speed_mps * 60  # m/min
    oxygen_ml = (3.5 + 0.2 * speed + 0.9 * speed * grade) * (BACKWARD_FACTOR if direction == "backward" else 1.0)
    return oxygen_ml * mass_kg / 1000 * _KCAL_PER_LITRE / 60
