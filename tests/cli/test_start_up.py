"""Help, version and completion load no library that they do not need, on a department's host as in a car."""

import json
import os
import subprocess
import sys

import pytest

from tests.cli.tree import commands, groups

HEAVY = ("alembic", "cryptography", "cv2", "httpx", "numpy", "onnxruntime", "rich", "sqlalchemy", "structlog")
OF_A_UNIT = ("cv2", "onnxruntime")
PROGRAM = """
import json, sys
from alpr_edge.__main__ import main
sys.argv = ["alpr-edge", *json.loads(sys.argv[1])]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("\\nloaded: " + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
HELP_OF_ALL = """
import json, sys
from alpr_edge.__main__ import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["alpr-edge", *words, "--help"]
    try:
        main()
    except SystemExit as end:
        assert not end.code, (words, end.code)
    heavy = {HEAVY!r} & {{name.partition(".")[0] for name in sys.modules}}
    assert not heavy, (words, heavy)
"""


def loaded_by(arguments: list[str], **environment: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.rpartition("loaded: ")[2]))


def loaded_with(module: str) -> set[str]:
    code = f"import json, sys, {module}\nprint('loaded: ' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return set(json.loads(done.stdout.removeprefix("loaded: ")))


def test_the_version_loads_none_of_them() -> None:
    assert loaded_by(["--version"]).isdisjoint({*HEAVY, "pydantic"})


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_of_the_program_loads_none_of_them(option: str) -> None:
    assert loaded_by([option]) & {*HEAVY} == set()


def test_help_of_a_command_loads_none_of_them() -> None:
    words = sorted(words for words in {*commands(), *groups()} if words)
    program = HELP_OF_ALL.format(HEAVY={*HEAVY})
    arguments = [sys.executable, "-c", program, json.dumps(words)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", ["alpr-edge de", "alpr-edge unit ", "alpr-edge department ", "alpr-edge reads --"])
def test_completion_loads_none_of_them(words: str) -> None:
    number = str(len(words.split(" ")) - 1)
    loaded_modules = loaded_by([], _ALPR_EDGE_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=number)
    assert loaded_modules & {*HEAVY} == set()


def test_a_department_is_made_and_served_without_what_a_unit_needs(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("department")
    loaded_modules = loaded_by(["department", "init", str(folder), "--name", "127.0.0.1"])
    assert loaded_modules.isdisjoint(OF_A_UNIT)
    assert loaded_with("alpr_edge.department.http.server").isdisjoint(OF_A_UNIT)


def test_the_daemon_that_reads_loads_no_http_client_and_the_one_that_sends_no_models() -> None:
    assert loaded_with("alpr_edge.app.capture_daemon").isdisjoint({"httpx", "fast_alpr"})
    assert loaded_with("alpr_edge.app.uplink_daemon").isdisjoint({*OF_A_UNIT, "numpy"})


def test_a_store_that_needs_no_migration_loads_nothing_of_migrations() -> None:
    assert "alembic" not in loaded_with("alpr_edge.store.unit_store")


def test_the_figures_of_a_department_load_no_database_and_no_keys() -> None:
    modules = "import alpr_edge.department.metrics.exposition, alpr_edge.web.metrics.listener"
    assert (
        loaded_with(f"alpr_edge; {modules}") & {"sqlalchemy", "psycopg", "cryptography", "pydantic", "fastapi"} == set()
    )
