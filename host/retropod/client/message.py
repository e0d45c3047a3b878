"""Base class of the generated message classes in `messages.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Fields hold SI units and names; a message of which this host has no class has only `values`.

    `raw` holds the numbers and bytes of a decoded message by field name, in wire order: exactly the fields that its
    sender knows. `extra` holds values of fields that the class does not have, for example from a later run file.
    """

    type: ClassVar[str] = ""

    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], kw_only=True, repr=False, compare=False)
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any], kw_only=True, repr=False, compare=False)

    @property
    def values(self) -> dict[str, Any]:
        """Return the values by field name, in wire order, without the fields that the sender does not know."""
        names = self.raw or self.__match_args__
        return {name: self.extra[name] if name in self.extra else getattr(self, name) for name in names}

    def seconds(self, stem: str) -> float | None:
        """Return the fields `stem`_s and `stem`_ms as one number of seconds; None if unknown."""
        whole, part = getattr(self, stem + "_s"), getattr(self, stem + "_ms")
        return None if whole is None or part is None else whole + part
