"""Where the pod's source files are, in a checkout and in an installed wheel alike."""

from importlib.util import find_spec
from pathlib import Path

from retropod.errors import OperationFailed

_REINSTALL = "reinstall: pip install --force-reinstall retropod"


def firmware_dir() -> Path:
    """Directory that holds `boot.py`, `main.py` and `pod/`.

    A wheel carries them inside the package; an editable install does not (hatchling leaves force-included data out of
    it), there they are in the checkout. Raises OperationFailed when neither is there.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "_firmware", package.parents[1] / "firmware"):
        if (candidate / "main.py").is_file():
            return candidate
    raise OperationFailed("the pod's source files are not installed", _REINSTALL)


def wire_dir() -> Path:
    """Directory that holds `retrowire/`, which pod and host share. Raises OperationFailed when it is missing."""
    spec = find_spec("retrowire")
    if spec is None or spec.origin is None:
        raise OperationFailed("package retrowire is not installed", _REINSTALL)
    return Path(spec.origin).resolve().parents[1]
