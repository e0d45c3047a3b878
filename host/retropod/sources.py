"""Locations of the pod's source files, in a checkout and in an installed wheel."""

from importlib.util import find_spec
from pathlib import Path

from retropod.errors import OperationFailed

_REINSTALL = "run `pip install --force-reinstall retropod`"


def firmware_dir() -> Path:
    """Return the folder of `boot.py`, `main.py` and `pod/`.

    A wheel has it inside the package. An editable install has it in the checkout, because hatchling does not add
    force-included data to it. Raises OperationFailed if both are missing.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "_firmware", package.parents[1] / "firmware"):
        if (candidate / "main.py").is_file():
            return candidate
    raise OperationFailed("the pod's source files are not installed", _REINSTALL)


def wire_dir() -> Path:
    """Return the folder of `retrowire/`, which pod and host share. Raises OperationFailed if it is missing."""
    spec = find_spec("retrowire")
    if spec is None or spec.origin is None:
        raise OperationFailed("package retrowire is not installed", _REINSTALL)
    return Path(spec.origin).resolve().parents[1]
