"""A letter is handed out once the scanner of the settings found nothing in it, and by no other way."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.releases.letter_scan import SCANS_AT_ONCE_MAX, LetterScanner
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.errors import DepartmentError, ReleaseError
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock, records_of
from tests.department.releases.cases import LETTER, Roles
from tests.domain.releases.test_releases import REQUEST

BAD = b"%PDF-1.7 a letter with MALWARE in it" + b" " * 300_000
"""Longer than a pipe holds, so that a scanner that ends early breaks it."""
SCANNER = f"""#!{sys.executable}
import sys
content = sys.stdin.buffer.read()
print(content.decode(errors="replace"))
sys.exit(1 if b"MALWARE" in content else 0)
"""
EARLY = f"#!{sys.executable}\nimport sys\nsys.exit(7)\n"
SLOW = f"#!{sys.executable}\nimport time\ntime.sleep(60)\n"

Program = Callable[[str], str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    def make(text: str) -> str:
        path = tmp_path / "scanner"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return make


def test_a_letter_passes_in_which_nothing_is_found(program: Program, capfd: pytest.CaptureFixture[str]) -> None:
    scanner = LetterScanner([program(SCANNER)])
    assert scanner.is_set
    scanner.check(LETTER * 30_000)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SCANNER, "the scanner found something in the letter: it is not handed out; ask the agency for a clean one"),
        (EARLY, r"could not be scanned and is not handed out: .*/scanner ended with 7 \(releases.scan_command\)"),
        (SLOW, r"scanner did not end within 0.5 s"),
        ("no program", "scanner does not run: Exec format error"),
    ],
    ids=["infected", "fails", "slow", "no-program"],
)
def test_a_letter_does_not_pass_otherwise(program: Program, text: str, reason: str) -> None:
    scanner = LetterScanner([program(text)], timeout_s=0.5 if text is SLOW else 60)
    with pytest.raises(ReleaseError, match=reason) as error:
        scanner.check(BAD)
    assert "MALWARE" not in str(error.value)


def test_a_scanner_that_hangs_does_not_take_every_thread(program: Program) -> None:
    scanner = LetterScanner([program(SLOW)], timeout_s=3)
    with ThreadPoolExecutor(SCANS_AT_ONCE_MAX + 1) as pool:
        ends = [pool.submit(scanner.check, LETTER) for _ in range(SCANS_AT_ONCE_MAX + 1)]
    words = [str(end.exception()) for end in ends]
    assert sum(text.startswith("other letters are scanned at the moment") for text in words) == 1
    assert sum("did not end within 3 s" in text for text in words) == SCANS_AT_ONCE_MAX
    with pytest.raises(ReleaseError, match="did not end within 3 s"):
        scanner.check(LETTER)


def test_a_scanner_that_is_missing_lets_nothing_pass(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="nowhere does not run: No such file or directory"):
        LetterScanner([str(tmp_path / "nowhere")]).check(LETTER)
    assert not LetterScanner(()).is_set
    LetterScanner(()).check(BAD)


def test_the_office_scans_by_its_settings_and_a_refusal_is_on_record(
    people: Inquirers, clock: StillClock, program: Program
) -> None:
    settings = people.directory / FILE_NAME
    before = settings.read_text(encoding="utf-8") if settings.exists() else None
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[releases]\nscan_command = ["{program(SCANNER)}", "--stdin"]\n')
    try:
        with open_office(people.directory, clock, PASSWORDS) as office:
            _check_office(office, Roles(office, people))
    finally:
        settings.unlink() if before is None else settings.write_text(before, encoding="utf-8")


def _check_office(office: InquiryOffice, of: Roles) -> None:
    assert office.releases.scans_letters
    clean = office.releases.enter(of("records"), REQUEST, LETTER)
    assert office.releases.letter(of("commander"), clean.request_id) == LETTER
    bad = office.releases.enter(of("records"), REQUEST, BAD)
    with pytest.raises(ReleaseError, match="the scanner found something"):
        office.releases.letter(of("commander"), bad.request_id)
    record = records_of(office)[-1]
    assert (record.action, record.shown, record.note) == ("show_releases", 0, "not done: ReleaseError; letter")


def test_without_the_setting_letters_are_not_scanned(office: InquiryOffice, of: Roles) -> None:
    assert not office.releases.scans_letters
    filed = office.releases.enter(of("records"), REQUEST, BAD)
    assert office.releases.letter(of("records"), filed.request_id) == BAD


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('scan_command = ["clamdscan", "-"]', "begin with the whole path of the program"),
        ('scan_command = "/usr/bin/clamdscan -"', "releases.scan_command"),
        ('scan_command = ["/usr/bin/clamdscan", ""]', "releases.scan_command"),
        (f"scan_command = {['/bin/true'] * 33}", "releases.scan_command"),
    ],
)
def test_settings_that_name_no_program_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / FILE_NAME).write_text(f"[releases]\n{line}\n", encoding="utf-8")
    with pytest.raises(DepartmentError, match=reason):
        load_department_file(tmp_path)
