"""Causes and hints for a pod that refuses, does not answer, or uses another protocol version."""

from retropod import __version__
from retropod.client.frames import Splitter
from retropod.client.messages import ErrorMessage, HelloMessage
from retropod.errors import NoPod, OperationFailed, ProtocolMismatch
from retrowire import codec, schema

LIST_HINT = "list all settings: `retropod config get`"
# Requests in words; the others have names that read as words.
_REQUESTS = {
    "setting_get": "to read a setting",
    "setting_set": "to change a setting",
    "mount_do": "to change the mount",
    "time_set": "to set the clock",
    "line_set": "to change the line rate",
    "run_read": "to send a run",
    "run_list": "to list its runs",
    "run_erase": "to erase a run",
    "digest_get": "to compute a digest",
    "check_get": "to test itself",
    "fault_get": "to list its faults",
    "status_get": "to report its state",
    "hello_get": "to answer a greeting",
}
_ERROR_HINTS = {
    "storage_full": "free space: `retropod download`, then `retropod erase`",
    "sensor_missing": "check the sensor's wiring; `retropod doctor` shows the cause",
    "line_too_slow": "use fewer samples (`retropod config set rate_hz 208`) or a faster line",
    "not_recording": "start a run: `retropod record start`",
    "already_recording": "end the open run: `retropod record stop`",
    "no_such_run": "list the runs on the pod: `retropod runs`",
    "run_open": "end the open run first: `retropod record stop`",
    "not_verified": "download the run first: `retropod download`; or use --force",
    "bad_setting": LIST_HINT,
    "busy": "try again in a moment",
    "unknown_message": "the pod's app is older than this tool: `retropod update`",
}


class PodRefused(OperationFailed):
    """The pod answered with an error. `code` is its name, or its number if this host does not know it."""

    def __init__(self, asked: str, answer: ErrorMessage) -> None:
        self.code: str | int = answer.code
        name = str(self.code).replace("_", " ")
        text = " ".join(answer.text.split())
        detail = f" ({text})" if text and text != self.code else ""
        super().__init__(
            f"the pod refused {_REQUESTS.get(asked, asked)}: {name}{detail}", _ERROR_HINTS.get(str(self.code), "")
        )


class NoAnswer(NoPod):
    """The port is open and no pod answers."""


class AtPrompt(NoAnswer):
    """MicroPython's prompt answers instead of the pod's app."""


def silence(url: str, heard: Splitter) -> NoAnswer:
    """Return the error for a missing answer. The bytes that arrived instead determine its cause."""
    if is_prompt(heard.text):
        return AtPrompt(
            f"{url} answers with a MicroPython prompt: the pod's app is not running",
            f"press the pod's reset button; if that does not help: retropod --port {url} flash --repair",
        )
    if heard.text and not heard.frames:
        return NoAnswer(f"{url} sends data, but not a pod's", "check the port: `retropod list` asks every likely one")
    return NoAnswer(
        f"no answer from {url}",
        f"shake the pod to wake it, and check the port; for a diagnosis: retropod --port {url} doctor",
    )


def wrong_answers(url: str, count: int) -> NoAnswer:
    """Return the error for a request whose answers were all of another kind."""
    return NoAnswer(
        f"{count} answers from {url}, none of which fits the request",
        "restart the pod; if that does not help: `retropod update`",
    )


def is_prompt(text: bytes) -> bool:
    """Return whether the text shows a MicroPython prompt: friendly, within a block, raw, or paste mode."""
    return any(sign in text for sign in (b">>> ", b"\n... ", b"raw REPL; CTRL-B", b"\n=== "))


def mismatch(hello: HelloMessage) -> ProtocolMismatch:
    """Return the error for requests beyond the core. It names both versions and the command that fixes the mismatch."""
    here = (schema.PROTOCOL_MAJOR, schema.PROTOCOL_MINOR)
    firmware = f"{hello.firmware_major}.{hello.firmware_minor}.{hello.firmware_patch}"
    newer = (hello.major, hello.minor) > here
    fix = "pip install --upgrade retropod" if newer else "retropod update"
    return ProtocolMismatch(
        f"the pod's app {firmware} uses protocol {hello.major}.{hello.minor} (schema {hello.fingerprint:08x}), "
        f"retropod {__version__} uses {here[0]}.{here[1]} (schema {codec.fingerprint():08x})",
        f"the {'pod' if newer else 'tool'} is newer: {fix}; until then only runs can be downloaded",
    )
