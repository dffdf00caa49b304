"""One process serves a folder, and others know at which ports."""

import subprocess
import sys
from pathlib import Path

import pytest

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.serving import ServedPorts, is_served, served_ports, serving_alone
from alpr_edge.domain.errors import DepartmentError, StoreError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return initialise(tmp_path / "department", ["127.0.0.1"]).directory


def test_a_second_server_on_one_folder_is_refused(directory: Path) -> None:
    assert not is_served(directory)
    assert served_ports(directory) is None
    with DepartmentServer(directory, enrol_port=0) as server:
        assert is_served(directory)
        assert served_ports(directory) == ServedPorts(port=server.port, enrol_port=server.enrol_port)
        with pytest.raises(DepartmentError, match="another process serves this department already"):
            DepartmentServer(directory)
        command = [sys.executable, "-m", "alpr_edge", "department", "serve", "--directory", str(directory)]
        second = subprocess.run([*command, "--port", "0"], capture_output=True, text=True, timeout=120, check=False)
        assert second.returncode == 1
        assert second.stderr.startswith(f"alpr-edge: {directory}: another process serves this department already")
        assert served_ports(directory) == ServedPorts(port=server.port, enrol_port=server.enrol_port)
    assert not is_served(directory)
    with DepartmentServer(directory) as server:
        assert served_ports(directory) == ServedPorts(port=server.port)


def test_errors_of_what_serves_pass_through(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="of its own"), serving_alone(directory):
        raise StoreError("of its own")
    with pytest.raises(DepartmentError, match="cannot be used"), serving_alone(tmp_path / "nowhere"):
        pass
