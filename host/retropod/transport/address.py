"""Addresses of ports: a device of this machine, or a URL that pyserial opens."""

from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

from retropod.errors import UsageError

_FORMS = "give a device such as /dev/ttyUSB0 or COM3, socket://host:port or rfc2217://host:port"
_LOG_LEVELS = frozenset({"debug", "info", "warning", "error"})
_OPTIONS = {
    "socket": frozenset({"logging"}),
    "rfc2217": frozenset({"logging", "ign_set_control", "poll_modem", "timeout"}),
}
# pyserial waits 3 s for each answer of an RFC 2217 server. A link with 1 s of latency and a busy server need more.
_ANSWER = "timeout=10"


class Address(NamedTuple):
    """A checked address. `kind`: scheme of the URL, or empty for a device. `opens`: the text that pyserial gets."""

    url: str
    kind: str
    opens: str

    @property
    def remote(self) -> bool:
        """Return whether the port is at the other end of a network connection."""
        return self.kind in _OPTIONS


def parse(url: str) -> Address:
    """Check the address of a port. Raises UsageError, which names the fault and the valid forms."""
    if not url.strip() or "\0" in url:
        raise invalid(url, "a port has a name")
    scheme, separator, rest = url.partition("://")
    kind = scheme.lower() if separator else ""
    if kind not in _OPTIONS:
        return Address(url, kind, url)
    try:
        parts = urlsplit(f"{kind}://{rest}")
        _check(parts)
    except ValueError as error:
        raise invalid(url, str(error)) from error
    patient = kind == "rfc2217" and "timeout" not in parse_qs(parts.query, keep_blank_values=True)
    query = "&".join(filter(None, (parts.query, _ANSWER))) if patient else parts.query
    return Address(url, kind, parts._replace(query=query).geturl())


def invalid(url: str, reason: str) -> UsageError:
    """Return the error for an address that names no port. `reason` is the fault that was found."""
    return UsageError(f"not a port: {url!r} ({reason})", _FORMS)


def _check(parts: SplitResult) -> None:
    """Raise ValueError unless the URL has a host, a port number, and only options that its scheme has."""
    if not parts.hostname:
        raise ValueError("the host is missing")
    if not parts.port:  # the property itself refuses text and numbers above 65535
        raise ValueError("a port number from 1 to 65535 is missing")
    options = parse_qs(parts.query, keep_blank_values=True)
    for name, values in options.items():
        if name not in _OPTIONS[parts.scheme]:
            raise ValueError(f"{parts.scheme}:// has no option {name!r}")
        if name == "logging" and values[0] not in _LOG_LEVELS:
            raise ValueError(f"logging is one of {', '.join(sorted(_LOG_LEVELS))}")
        if name == "timeout" and not 0 < float(values[0]) <= 60:
            raise ValueError("timeout is 0 to 60 s")
