"""What it means when a pod refuses, says nothing, or speaks another version: causes, and what mends them."""

from retropod import __version__
from retropod.client import wire
from retropod.client.frames import Splitter
from retropod.errors import NoPod, OperationFailed, ProtocolMismatch
from retrowire import codec, schema

_ERROR_HINTS = {
    "storage_full": "`retropod download`, then `retropod erase` frees space",
    "sensor_missing": "check the sensor's wiring; `retropod doctor` says what was found",
    "line_too_slow": "fewer samples: `retropod config set rate_hz 208` and restart the pod; or a faster line",
    "not_recording": "`retropod record start` begins a run",
    "already_recording": "`retropod record stop` ends the run that is open",
    "no_such_run": "`retropod runs` lists what is on the pod",
    "run_open": "`retropod record stop` first",
    "not_verified": "`retropod download` first, or use --force",
    "bad_setting": "`retropod config get` lists what there is",
    "busy": "try again in a moment",
    "unknown_message": "the pod's app is older than this tool: retropod update",
}


class PodRefused(OperationFailed):
    """The pod answered with an error; `code` is its name (or number, if this host does not know it)."""

    def __init__(self, asked: str, answer: wire.Message) -> None:
        self.code: str | int = answer.code
        name = str(self.code).replace("_", " ")
        detail = f" ({answer.text})" if answer.text and answer.text != self.code else ""
        super().__init__(
            f"the pod refused {asked.replace('_', ' ')}: {name}{detail}", _ERROR_HINTS.get(str(self.code), "")
        )


class NoAnswer(NoPod):
    """The port is open and the pod says nothing."""


def silence(url: str, heard: Splitter) -> NoAnswer:
    """Why nothing answered, as far as the bytes that came instead can tell."""
    if is_prompt(heard.text):
        return NoAnswer(
            f"{url} answers with a MicroPython prompt: the pod's app is not running",
            f"press the pod's reset button; if it stays so: retropod --port {url} flash --repair",
        )
    if heard.text and not heard.frames:
        said = f"{url} sends something, but nothing a pod says"
        return NoAnswer(said, "is it a pod? `retropod list` asks every likely port")
    return NoAnswer(
        f"no answer from {url}",
        f"is the pod on and awake (shake it), and this its port? retropod --port {url} doctor says more",
    )


def is_prompt(text: bytes) -> bool:
    """Whether MicroPython's prompt says this: friendly, inside a block too, raw, or for pasting."""
    return any(sign in text for sign in (b">>> ", b"\n... ", b"raw REPL; CTRL-B", b"\n=== "))


def mismatch(hello: wire.Message) -> ProtocolMismatch:
    """What to raise for everything beyond the core when pod and host speak differently: both named, and the mend."""
    here = (schema.PROTOCOL_MAJOR, schema.PROTOCOL_MINOR)
    firmware = f"{hello.firmware_major}.{hello.firmware_minor}.{hello.firmware_patch}"
    newer = (hello.major, hello.minor) > here
    mend = "pip install --upgrade retropod" if newer else "retropod update"
    return ProtocolMismatch(
        f"the pod's app {firmware} speaks protocol {hello.major}.{hello.minor} (schema {hello.fingerprint:08x}), "
        f"retropod {__version__} speaks {here[0]}.{here[1]} (schema {codec.fingerprint():08x})",
        f"the {'pod' if newer else 'tool'} is newer: {mend}; until then runs can be downloaded as they are",
    )
