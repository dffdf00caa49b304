"""What the policy statement says follows from what is in force, and leaves out nothing that speaks against it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.settings import load_department_file
from alpr_edge.department.website.policy import PolicyInForce
from alpr_edge.domain.people.person import Person, Role
from alpr_edge.domain.publication.policy_statement import PolicySection
from tests.department.website.publisher_office import add_settings
from tests.domain.people.builders import person

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXCEPTION = """
[[outside_organisation]]
name = "Auto Theft Task Force"
reason = "auto theft, under our sergeant"
approved_by = "Cmdr. B. Lee"
approved_on = 2026-11-01
until = 2027-04-30
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    add_settings(tmp_path, tmp_path / "site")
    return tmp_path


def add(directory: Path, text: str) -> None:
    with (directory / "department.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def sections_of(directory: Path, *people: Person) -> dict[str, PolicySection]:
    policy = PolicyInForce(directory, load_department_file(directory), people, NOW)
    return {section.name: section for section in policy.statement().sections}


def words_of(directory: Path, name: str, *people: Person) -> str:
    return " ".join(sections_of(directory, *people)[name].sentences)


def test_every_matter_cites_the_operator_and_the_user_and_no_sentence_has_two_blanks(directory: Path) -> None:
    sections = sections_of(directory, person())
    letters = [re.findall(r"1798\.90\.(5[13])\(b\)\(2\)\((.)\)", section.law) for section in sections.values()]
    assert all(len(each) == 2 and each[0][0] == "51" and each[1] == ("53", each[0][1]) for each in letters), letters
    assert {each[0][1] for each in letters} == set("ABCDEFG")
    for section in sections.values():
        assert not [text for text in (*section.sentences, *section.points) if "  " in text or text != text.strip()]


def test_it_says_how_often_and_how_audits_are_made(directory: Path) -> None:
    """Civil Code 1798.90.53(b)(2)(C): a process for periodic system audits."""
    assert re.search(r"is due every \d+ days \(policy 462\.6\(c\)\)", words_of(directory, "monitoring"))
    add(directory, "[audits]\ninterval_days = 61\nsign_off_days = 17\n")
    said = words_of(directory, "monitoring")
    assert "An audit of the records of the department and its cars is due every 61 days" in said
    for words in (
        "a random sample of all others, drawn by a seed",
        "reviewed by people who review no record of their own",
        "signed off within 17 days by somebody who reviewed none of it",
    ):
        assert words in said


def test_what_opens_a_car_without_sign_in_and_training_is_told(directory: Path) -> None:
    said = words_of(directory, "training")
    assert "can open what that car holds without sign-in and training" in said
    assert "apart from the emergency that is told of below, under training:" in words_of(directory, "people")


def test_whoever_else_has_an_account_is_told(directory: Path) -> None:
    own, force = person(organisation="modesto police department"), "Auto Theft Task Force"
    assert words_of(directory, "sharing", own).startswith("No other agency has access of its own. Data is handed")
    outside = person("p-9", organisation=force, valid_until=datetime(2027, 4, 30, 12, tzinfo=UTC))
    sheriff = person("p-8", organisation="County Sheriff", roles=frozenset({Role.OFFICER}))
    said = words_of(directory, "sharing", own, outside)
    assert ("No other agency" in said, f"{force} (on no ground that is on file)" in said) == (False, True)
    add(directory, EXCEPTION)
    said = words_of(directory, "sharing", own, outside, sheriff)
    assert f"{force} (auto theft, under our sergeant, until 2027-04-30); County Sheriff (on no ground" in said
    faults = PolicyInForce(directory, load_department_file(directory), (own, outside, sheriff), NOW).faults
    assert [fault for fault in faults if "outside_organisation" in fault] == [
        "people of 'County Sheriff' have accounts, which no [[outside_organisation]] allows (policy 462.7)"
    ]
    over = person("p-8", organisation="County Sheriff", valid_until=NOW - timedelta(days=1))
    assert words_of(directory, "sharing", own, over).startswith("No other agency has access of its own.")
