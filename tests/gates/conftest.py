"""Every test of this folder is a gate: `make test` does not collect the folder."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests before pytest selects by mark."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("gate")
