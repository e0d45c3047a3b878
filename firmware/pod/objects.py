"""Builds the objects of the app. Loaded at the start and unloaded again.

Packages import only packages before them in this order: hal, clock, gait, sensors, storage, sampling, link, autonomy.
Sinks are built before sources, and each object receives its dependencies in its constructor.
"""

from pod import board
from pod.autonomy.power import Power
from pod.autonomy.supervisor import Supervisor
from pod.clock.clock import Clock
from pod.clock.rtcnote import RtcNote
from pod.hal import hardware, supply
from pod.link.answers import Answers
from pod.link.link import Link
from pod.link.requests_device import DeviceRequests
from pod.link.requests_recording import RecordingRequests
from pod.link.requests_runs import RunRequests
from pod.link.session import Session
from pod.link.streams import Publisher, Streams
from pod.ondemand import load
from pod.sampling.connection import SensorConnection
from pod.sampling.drain import Drain
from pod.sampling.health import Health
from pod.sampling.mount import Mount
from pod.sampling.pipeline import Pipeline
from pod.sampling.sampler import Sampler, Samples
from pod.storage import bootguard, store
from pod.storage.faults import Faults
from pod.storage.messages import EventPacker
from pod.storage.recorder import Recorder
from pod.storage.runs import Runs
from pod.storage.trial import Trial
from retrowire import codec, framing

_RUNS = "/runs"
_RUN_COUNT = "/run_count"
_FAULTS = "/faults.log"
_BOOT_COUNT = "/boot_count"
_MOUNT = "/mount.json"
_SLOT = "/slot"
_QUEUE_FRAMES = 6

_FAULT_SETTINGS = codec.value("fault", "settings")
_FAULT_STORAGE = codec.value("fault", "storage")
_FAULT_IGNORED = codec.value("fault", "settings_ignored")


def build(console, publish) -> tuple:
    """Return the objects that the main loop uses.

    `publish(kind, a, b)` sends an event. Faults, mount and recorder publish events, and the recorder, which is a
    sink of events, reports faults and stores the mount. So these receive a function that uses the last object built.
    """
    settings = board.read_settings()
    clock = Clock(store.read_number(_BOOT_COUNT) + 1, hardware.ticks_ms, hardware.ticks_diff)
    startup = load("pod.hal.startup")
    startup.quiet()
    settings.fault = settings.fault or startup.wrong_pins()
    load("pod.clock.rtcrestore").restore(hardware, startup, clock)
    rtc_note = RtcNote(hardware, clock)
    # Sinks to the host.
    decoder = framing.Decoder(framing.MAX_HOST_FRAME)
    ticks = hardware.ticks_us, hardware.ticks_diff
    link = Link(console, decoder, framing.encode_into, framing.MAX_POD_FRAME, _QUEUE_FRAMES, *ticks)
    link.set_line(hardware.line_rate(settings))
    streams = Streams(link)
    answers = Answers(link, streams)
    # Sinks to the flash.
    trial = Trial(_SLOT)
    runs = Runs(_RUNS, _RUN_COUNT)
    faults = Faults(_FAULTS, clock, publish)
    samples = Samples()
    event = EventPacker(clock)  # shared: both users copy its message at once
    mount = Mount(_MOUNT, startup.power_was_lost(), publish)
    recorder = Recorder(hardware, settings, clock, faults, runs, mount, samples, event, publish)
    power = Power(settings.get("auto_record"), settings.get("stop_after_s"), settings.get("sleep_after_s"))
    publisher = Publisher(event, samples, streams, recorder, power)
    # Source of samples.
    free = hardware.heap_free
    pipeline = Pipeline(settings, samples, publisher, mount, free)
    health = Health(samples, faults, publisher, pipeline)
    drain = Drain(clock, samples, faults, publisher, pipeline, health)
    connection = SensorConnection(hardware, settings, samples, faults, publisher, pipeline, drain, health)
    sampler = Sampler(clock, samples, publisher, pipeline, drain, health, connection, free)
    # The pod without a host.
    supervisor = Supervisor(
        hardware, supply, settings, clock, power, samples, streams, recorder, publisher, pipeline, connection, mount,
        trial, board.settle,
    )  # fmt: skip
    # Source of requests.
    groups = (
        DeviceRequests(
            answers, streams, hardware, settings, clock, samples, pipeline, connection, mount, recorder, runs, faults,
            trial, supervisor,
        ),
        RecordingRequests(answers, streams, hardware, settings, clock, rtc_note, samples, pipeline, recorder),
        RunRequests(answers, runs, recorder),
    )  # fmt: skip
    session = Session(link, streams, answers, publisher, groups, settings, supervisor.confirm)
    return (
        clock, rtc_note, link, streams, answers, trial, runs, faults, mount, recorder, publisher, sampler,
        supervisor, session,
    )  # fmt: skip


def count_boot(clock, faults) -> None:
    """Store the number of this boot, and the faults of the settings."""
    fault = board.read_settings().fault
    if fault:
        faults.add(_FAULT_IGNORED if bootguard.settings_ignored else _FAULT_SETTINGS, fault)
    try:
        store.write_number(_BOOT_COUNT, clock.boot)
    except OSError as error:
        faults.add(_FAULT_STORAGE, "boot count: %s" % error)
