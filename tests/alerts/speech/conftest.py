"""The phrases of a unit, rendered once by the real espeak-ng."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.alerts.speech.renderer import render_speech

RENDERED = ("Front", "High", "Similar plate", "Stolen vehicle", "Withdrawn")


@pytest.fixture(scope="session")
def spoken_unit(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], str]) -> Path:
    """A data folder with rendered phrases; tests leave it as it is."""
    require_tool("espeak-ng")
    directory = tmp_path_factory.mktemp("spoken")
    render_speech(directory, RENDERED, "en-us")
    return directory
