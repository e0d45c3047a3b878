"""Facts about a run that its strides do not contain: they decide which metrics are valid."""

from dataclasses import dataclass

from retropod.client.messages import RunHeaderMessage


@dataclass(frozen=True, slots=True)
class RunContext:
    """Facts about pod, wearer and ground. None: unknown.

    `gyroscope`: whether the sensor has one. `mount`: state of the mount at the start. `calibrated`: whether the wearer
    has calibrated the stride lengths. `origin_s`: pod uptime of the start, in s. `mass_kg`: of the wearer. `grade`:
    rise over run of the ground where the wearer goes backward, 0.06 for 6 %. `missing_blocks`: lost blocks of the file.
    `ended`: whether the end of the run is known. `clock_error_s`: error bound of the time of day.
    """

    gyroscope: bool | None = None
    mount: str = "unknown"
    calibrated: bool | None = None
    origin_s: float | None = None
    mass_kg: float | None = None
    grade: float | None = None
    missing_blocks: int = 0
    ended: bool = True
    clock_error_s: float | None = None

    @classmethod
    def of(
        cls,
        header: RunHeaderMessage,
        *,
        mass_kg: float | None = None,
        grade: float | None = None,
        missing_blocks: int = 0,
        ended: bool = True,
        clock_error_s: float | None = None,
    ) -> "RunContext":
        """Return the context of the run with this header. A field that a damaged header lacks is unknown."""
        scale, factor = header.gyr_lsb_udps, header.length_factor
        return cls(
            gyroscope=None if scale is None else scale > 0,
            mount=str(header.mount),
            calibrated=None if factor is None else factor != 1.0,
            origin_s=header.seconds("uptime"),
            mass_kg=mass_kg,
            grade=grade,
            missing_blocks=missing_blocks,
            ended=ended,
            clock_error_s=clock_error_s,
        )
