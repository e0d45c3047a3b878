"""Out-of-band lines to and from the host: actions of a user on a real pod, and observations of it.

One JSON object a line. From the host: `{"do": NAME, ...}`, for the handler that is registered for NAME. To the host:
`{"event": NAME, ...}`.
"""

import json
import select
import sys

import utime

_REPLY_TIMEOUT_MS = 60_000  # the host renders the source in this time: long recordings take seconds


class Control:
    """Both pipes. `poll` serves the waiting commands and never blocks. `ask` waits for the host's answer."""

    def __init__(self, commands_path: str, events_path: str, clock) -> None:
        self._commands = open(commands_path, "rb")
        self._events = open(events_path, "wb")
        self._clock = clock
        self._handlers = {}
        self._poller = select.poll()
        self._poller.register(self._commands, select.POLLIN)
        self._listener = select.poll()
        self._listener.register(self._commands, select.POLLIN)
        self._listener.register(sys.stdin, select.POLLIN)

    def on(self, name: str, handler) -> None:
        """Call `handler(message)` for every `{"do": name}`."""
        self._handlers[name] = handler

    def send(self, event: str, **fields) -> None:
        """Tell the host."""
        fields["event"] = event
        fields["true_us"] = self._clock.true_us()
        self._events.write((json.dumps(fields) + "\n").encode())

    def poll(self) -> None:
        """Serve waiting commands; note whether the host has sent the firmware anything."""
        for stream, _ in self._listener.ipoll(0):
            if stream is self._commands:
                self._serve(self._read())
            else:
                self._clock.heard()

    def ask(self, event: str, **fields) -> dict:
        """Send an event and return the `{"do": "answer"}` to it. Other commands are served in the meantime."""
        self.send(event, **fields)
        start = utime.ticks_ms()
        while utime.ticks_diff(utime.ticks_ms(), start) < _REPLY_TIMEOUT_MS:
            if not self._poller.poll(100):
                continue
            message = self._read()
            if message["do"] == "answer":
                return message
            self._serve(message)
        raise OSError("the host did not answer: " + event)

    def _read(self) -> dict:
        return json.loads(self._commands.readline())

    def _serve(self, message: dict) -> None:
        self._handlers[message["do"]](message)
        self.send("did", what=message["do"])
