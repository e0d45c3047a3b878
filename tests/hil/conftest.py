"""Tests on a pod that runs already: `pytest tests/hil --port URL [--baud N]`. Skipped without a port."""

from pathlib import Path

import pytest

from e2e import scenarios
from e2e.tool import Tool


@pytest.fixture
def tool(request: pytest.FixtureRequest, tmp_path: Path) -> Tool:
    """Return the command line for the pod of --port, with its own store. The pod has started and answers."""
    port = request.config.getoption("--port")
    if not port:
        pytest.skip("no pod: give one with --port URL")
    tool = Tool(tmp_path / "store", str(port), int(request.config.getoption("--baud")))
    scenarios.await_app(tool)
    return tool
