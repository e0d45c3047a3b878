"""The messages of a FIT activity. Only this module imports fit-tool, which counts times in ms."""

from collections.abc import Mapping, Sequence
from typing import Any

from fit_tool.base_type import BaseType
from fit_tool.developer_field import DeveloperField
from fit_tool.fit_file_builder import FitFileBuilder
from fit_tool.profile.messages.activity_message import ActivityMessage
from fit_tool.profile.messages.developer_data_id_message import DeveloperDataIdMessage
from fit_tool.profile.messages.event_message import EventMessage
from fit_tool.profile.messages.field_description_message import FieldDescriptionMessage
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.lap_message import LapMessage
from fit_tool.profile.messages.record_message import RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.profile_type import (
    Activity,
    Event,
    EventType,
    FileType,
    Intensity,
    LapTrigger,
    Manufacturer,
    Sport,
)
from fit_tool.validation import ProfileScope, validate_fit_file

from retropod.export.fitfields import CLIPPED, CONFIDENCE, DEVELOPER_FIELDS, DIRECTION, STRIKE, ByteField, code
from retropod.export.parts import RunPart
from retropod.insight import measures
from retropod.insight.stride import Stride
from retropod.insight.value import Value

_APPLICATION = b"retropod.footpod"  # 16 bytes that identify the developer fields
LAP_METRICS = ("distance_m", "length_m", "speed_mps", "cadence_spm", "contact_time_s", "duty_factor")
_CLIPPED = ("clipped_acc", "clipped_peak", "clipped_gyr")


class FitActivity:
    """A FIT file under construction. Times are in whole seconds since 1970."""

    def __init__(self, serial: int, start: int) -> None:
        self._builder: Any = FitFileBuilder(strict=True)
        self._start, self._laps = start, 0
        self._add(
            FileIdMessage(),
            type=FileType.ACTIVITY,
            manufacturer=Manufacturer.DEVELOPMENT.value,
            product=0,
            serial_number=serial,
            time_created=start * 1000,
        )
        self._add(DeveloperDataIdMessage(), developer_data_index=0, application_id=_APPLICATION)
        for field in DEVELOPER_FIELDS:
            self._add(
                FieldDescriptionMessage(),
                developer_data_index=0,
                field_definition_number=field.number,
                fit_base_type_id=BaseType.UINT8,
                field_name=field.name,
                units=field.units,
            )
        self._timer(start, EventType.START)

    def record(self, second: int, distance_m: float | None, stride: Stride) -> None:
        """Add the record of a second: the distance since the start, and the last stride that ends in it."""
        contact_s = stride.contact_time_s
        self._add(
            RecordMessage(
                developer_fields=_developed(
                    (DIRECTION, code(DIRECTION, stride.direction)),
                    (CONFIDENCE, None if stride.confidence is None else round(100 * stride.confidence)),
                    (STRIKE, code(STRIKE, stride.strike)),
                    (CLIPPED, int(any(flag in _CLIPPED for flag in stride.flags))),
                )
            ),
            timestamp=second * 1000,
            distance=distance_m,
            **_speed("speed", None if stride.length_caveats else stride.speed_mps),
            **_cadence("cadence", "fractional_cadence", stride.cadence_spm),
            stance_time=None if contact_s is None else 1000 * contact_s,
            stance_time_percent=_percent(measures.duty_factor(stride)),
            step_length=None if stride.length_caveats else _step_mm(stride.length_m),
        )

    def lap(self, start: int, end: int, part: RunPart, metrics: Mapping[str, Value]) -> None:
        """Add the lap of a part of the run. `metrics`: LAP_METRICS of its strides."""
        known = {name: metrics[name].value for name in LAP_METRICS}
        contact_s = known["contact_time_s"]
        trigger = {"lap_trigger": LapTrigger.MANUAL} if part.marked else {}
        self._add(
            LapMessage(developer_fields=_developed((DIRECTION, code(DIRECTION, part.direction)))),
            message_index=self._laps,
            **_ended(start, end, Event.LAP),
            **trigger,
            sport=Sport.RUNNING,
            intensity=Intensity.ACTIVE if part.strides else Intensity.REST,
            total_elapsed_time=part.end_s - part.start_s,
            total_timer_time=part.end_s - part.start_s,
            total_moving_time=part.moving_s,
            total_distance=known["distance_m"],
            total_cycles=len(part.strides),
            **_speed("avg_speed", known["speed_mps"]),
            **_cadence("avg_cadence", "avg_fractional_cadence", known["cadence_spm"]),
            avg_stance_time=None if contact_s is None else 1000 * contact_s,
            avg_stance_time_percent=_percent(known["duty_factor"]),
            avg_step_length=_step_mm(known["length_m"]),
        )
        self._laps += 1

    def finish(self, end: int, lasted_s: float, distance_m: float | None, strides: int) -> bytes:
        """Return the file. The writer's validator has accepted it. Averages over directions are left out."""
        self._timer(end, EventType.STOP_ALL)
        self._add(
            SessionMessage(),
            message_index=0,
            **_ended(self._start, end, Event.SESSION),
            sport=Sport.RUNNING,
            total_elapsed_time=lasted_s,
            total_timer_time=lasted_s,
            total_distance=distance_m,
            total_cycles=strides,
            first_lap_index=0,
            num_laps=self._laps,
        )
        self._add(
            ActivityMessage(),
            timestamp=end * 1000,
            total_timer_time=lasted_s,
            num_sessions=1,
            type=Activity.MANUAL,
            event=Event.ACTIVITY,
            event_type=EventType.STOP,
        )
        built = self._builder.build()
        validate_fit_file(built, profile_scope=ProfileScope.DOMAIN, raise_on_error=True)
        return bytes(built.to_bytes())

    def _timer(self, second: int, kind: EventType) -> None:
        self._add(EventMessage(), timestamp=second * 1000, event=Event.TIMER, event_type=kind)

    def _add(self, message: Any, **values: Any) -> None:
        """Add a message with the known ones of these values."""
        for name, value in values.items():
            if value is not None:
                setattr(message, name, value)
        self._builder.add(message)


def _ended(start: int, end: int, event: Event) -> dict[str, Any]:
    return {"timestamp": end * 1000, "start_time": start * 1000, "event": event, "event_type": EventType.STOP}


def _speed(name: str, speed_mps: float | None) -> dict[str, float]:
    """Return the unsigned speed, in the field of every version and in the later one of more bits."""
    if speed_mps is None:
        return {}
    return {name: abs(speed_mps), f"enhanced_{name}": abs(speed_mps)}


def _cadence(whole: str, fraction: str, cadence_spm: float | None) -> dict[str, float]:
    """Return strides per minute of one foot, in the two fields that FIT has for them."""
    if cadence_spm is None:
        return {}
    units = round(cadence_spm / 2 * 128)  # of 1/128 per minute, as in the field of the fraction
    return {whole: units // 128, fraction: units % 128 / 128}


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _step_mm(length_m: float | None) -> float | None:
    """Return the step: half of a stride."""
    return None if length_m is None else 1000 * length_m / 2


def _developed(*values: tuple[ByteField, int | None]) -> Sequence[DeveloperField]:
    fields: list[DeveloperField] = []
    for described, value in values:
        if value is not None:
            field = DeveloperField(
                field_id=described.number, name=described.name, base_type=BaseType.UINT8, units=described.units, size=1
            )
            field.set_value(0, value)
            fields.append(field)
    return fields
