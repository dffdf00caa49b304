"""That finished texts are held to plain American English, and that the check finds what is not."""

import subprocess
from pathlib import Path

import pytest

from scripts.checks.phrases import FINISHED, phrase_faults


def faults_in(root: Path, path: str, text: str, finished: tuple[str, ...] = ("done/",)) -> list[str]:
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "add", path], cwd=root, check=True)
    return [fault.partition(";")[0] for fault in phrase_faults(root, finished)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("the colour of the vehicle", "'colour'"),
        ("give the offence", "'offence'"),
        ("Nobody is signed in", "'Nobody'"),
        ("the department is told", "'is told'"),
        ("next to it and beside it", "'beside'"),
        ("a number-plate reader", "'number-plate'"),
        ("What whoever stops the car must know", "'whoever'"),
        ("That you looked is recorded", "begins with a clause: 'That you looked is recorded'"),
    ],
)
def test_each_kind_of_phrase_is_found_in_a_message(tmp_path: Path, text: str, fault: str) -> None:
    faults = faults_in(tmp_path, "done/a.py", f'\nERROR = f"{text}{{ERROR}}"\n')
    assert f"done/a.py:2: {fault}" in faults


def test_only_finished_files_and_what_people_read_in_them_are_judged(tmp_path: Path) -> None:
    assert faults_in(tmp_path, "other/a.py", 'ERROR = "the colour is wrong"\n') == []
    unread = (
        '"""What nobody reads."""\n\nKEY = "offence"\nUSE = "give --offense or run: alpr-edge unit enroll"\n# colour\n'
    )
    assert faults_in(tmp_path, "done/b.py", unread) == []


def test_the_help_of_a_command_is_judged_and_the_docstring_of_another_function_is_not(tmp_path: Path) -> None:
    source = 'def shown(as_json: JsonOption) -> None:\n    """Tell nobody."""\n\n\n'
    source += 'def other() -> None:\n    """Tell nobody."""\n'
    assert faults_in(tmp_path, "done/a.py", source) == ["done/a.py:2: 'nobody'"]


def test_the_text_of_a_template_is_judged_and_its_code_is_not(tmp_path: Path) -> None:
    template = '<p class="offence">{{ offence }}\n{% if grey %}</p>\n<label>Whose it is</label>\n'
    assert faults_in(tmp_path, "done/a.html", template) == ["done/a.html:3: begins with a clause: 'Whose it is'"]


def test_each_finished_entry_is_in_the_tree() -> None:
    root = Path(__file__).parents[2]
    assert [entry for entry in FINISHED if not (root / entry).exists()] == []
