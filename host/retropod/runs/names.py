"""Names of runs, as every list, hint and error prints them and every command accepts them.

NUMBER, NUMBER-DIGEST, POD/NUMBER or POD/NUMBER-DIGEST. POD is the id of the pod, its beginning, or the name of the pod.
DIGEST is the beginning of the SHA-256 of the run, in hexadecimal: it distinguishes runs of one number. `last` is the
latest run. A date, with or without a time of day (2026-11-30, 2026-11-30T17:05), is the run that started then.
"""

import re
from typing import NamedTuple

_FORM = re.compile(r"(?:(?P<pod>.*)/)?0*(?P<run>[0-9]{1,10})(?:-(?P<digest>[0-9a-f]{4,64}))?", re.DOTALL)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}(:[0-9]{2}){0,2})?")
LAST = "last"


class RunName(NamedTuple):
    """A parsed name. `pod` and `digest` are empty if the name does not state them."""

    pod: str
    run: int
    digest: str

    def is_pod(self, pod_id: str, name: str) -> bool:
        """Return whether the name means the pod with this id and name."""
        return pod_id.startswith(self.pod.lower()) or (bool(name) and name == self.pod)


def parse(text: str) -> RunName | None:
    """Return the parts of a name, or None if it has another form."""
    match = _FORM.fullmatch(text)
    return RunName(match["pod"] or "", int(match["run"]), match["digest"] or "") if match else None


def moment(text: str) -> str | None:
    """Return a date, with or without a time of day, as a beginning of `YYYY-MM-DDTHH:MM:SS`. None: another text."""
    return text.replace(" ", "T") if _MOMENT.fullmatch(text) else None
