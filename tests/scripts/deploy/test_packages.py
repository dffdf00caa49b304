"""Which Debian packages count as there, by the real dpkg-query over a database of its form."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.deploy.provision.base import PackagesStep

STATUS = """Package: {name}
Status: {status}
Maintainer: Somebody <somebody@example.org>
Architecture: all
Version: 1.0
Description: a package

"""


def test_a_package_that_was_removed_and_left_its_settings_is_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require_tool: Callable[[str], str]
) -> None:
    require_tool("dpkg-query")
    packages = {"chrony": "install ok installed", "nftables": "deinstall ok config-files"}
    text = "".join(STATUS.format(name=name, status=status) for name, status in packages.items())
    (tmp_path / "status").write_text(text, encoding="ascii")
    monkeypatch.setenv("DPKG_ADMINDIR", str(tmp_path))
    step = PackagesStep(None, ("chrony", "nftables", "polkitd"))
    assert step.pending() == ["install nftables", "install polkitd"]
