"""Packages that only some formats need: extras of the installation."""

from importlib import import_module

from retropod.errors import OperationFailed
from retropod.wording import install_extra


def need(package: str, extra: str, purpose: str) -> None:
    """Raise OperationFailed, with the command that installs it, if the package of an extra is missing."""
    try:
        import_module(package)
    except ImportError as error:
        raise OperationFailed(
            f"{purpose} needs the package {package.replace('_', '-')}", install_extra(extra)
        ) from error
