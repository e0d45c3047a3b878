"""From samples to strides: feeds the engine, forwards strides and raw samples."""

from pod.gait import stride as S
from pod.gait.engine import Engine
from pod.ondemand import unload
from pod.sampling.rawpacker import RawPacker
from pod.storage.messages import StridePacker
from retrowire import codec

_EVENT_LOST = codec.value("event", "samples_lost")


class Pipeline:
    """Takes samples and gaps in order. `engine` is None until the first sensor has answered.

    `wanted_mhz`: rate that needs a new engine, 0 otherwise. `Sampler.step` builds it, because a drain must not load a
    module. `tap`: None, or a function that receives (samples, count) of each block.
    """

    def __init__(self, settings, samples, publisher, mount, heap_free):
        """`heap_free()` collects garbage."""
        self.tap = None
        self.engine = None
        self.rate_mhz = 0  # of the engine
        self.wanted_mhz = 0
        self._settings = settings
        self._samples = samples
        self._publisher = publisher
        self._mount = mount
        self._heap_free = heap_free
        self._packer = StridePacker(settings.get("length_factor"))
        self._raw = None
        self._numbers = 0  # strides that the engines before this one have found

    def build(self, sensor, rate_mhz: int) -> None:
        """Build an engine for this rate. It continues at the current index."""
        samples = self._samples
        sensor.rate_mhz = self.rate_mhz = rate_mhz
        self.wanted_mhz = 0
        if self.engine is None:
            self._raw = RawPacker(sensor.axes)
        self.engine = None  # Free its memory first: kernels are loaded through large blocks of it.
        self._heap_free()
        self.engine = Engine(rate_mhz, sensor.acc_lsb_ug, sensor.gyr_lsb_udps)
        unload("pod.gait.sixaxis_setup", "pod.gait.constants")
        if samples.index:
            self.engine.gap(samples.index)
        self._numbers = samples.strides
        self._mount.set_engine(self.engine, sensor)

    def take(self, buf, count: int) -> None:
        """Process the first `count` samples of a driver's buffer."""
        samples = self._samples
        waiting = self.engine.feed(buf, 0, count)
        if self.tap:
            self.tap(buf, count)
        if self._publisher.wants_raw():
            self._raw.take(samples.index, buf, count, self._publisher)
        else:
            self._raw.clear()
        samples.index += count
        samples.taken += count
        if waiting:
            self._send_strides()
        if samples.suspect:
            self._mount.gap()  # A bad axis must not look like handling.
        else:
            self._mount.feed(buf, 0, count)

    def skip(self, lost: int) -> None:
        """Advance the index by `lost` samples, which are missing before the next one."""
        if lost <= 0:
            return
        self.flush_raw()
        self.engine.gap(lost)
        self._mount.gap()
        self._samples.index += lost
        self._samples.lost += lost
        self._publisher.event(_EVENT_LOST, lost, 0)

    def flush_raw(self) -> None:
        """Send the raw samples that do not fill a message yet. Call this before their recording ends."""
        if self._raw:
            self._raw.flush(self._publisher)

    def _send_strides(self) -> None:
        packer = self._packer
        samples = self._samples
        while self.engine.pop_into(packer.record):
            packer.factor = self._settings.get("length_factor")
            packer.record[S.NUMBER] += self._numbers
            packer.pack(samples.clock)
            self._publisher.stride(packer.payload, packer.length)
            self._mount.stride(packer.record)
            samples.strides += 1
