"""The first administrator: asked for where there is no department, added once, and told how to go on."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision import __main__ as program
from scripts.deploy.provision.administrator import Administrator, AdministratorStep, next_for_people
from scripts.deploy.provision.plan import ProvisionRequest

ROOT = Path(__file__).parents[3]
ANN = Administrator("100", "Ann Chief", "Modesto PD", "2090-01-01", "2090-01-02")


def test_a_unit_without_a_department_is_asked_for_who_manages_its_people(tmp_path: Path) -> None:
    answers = {
        "badge": "100",
        "their name": "Ann Chief",
        "their organisation": "Modesto PD",
        "their end of the CJIS": "2090-01-01",
        "their end of the ALPR": "2090-01-02",
    }

    def answer(question: str) -> str:
        return next((text for start, text in answers.items() if question.startswith(start)), "")

    assert program.complete_request(ProvisionRequest(ROOT), answer, tmp_path).administrator == ANN
    answers["department"] = "https://a.example"
    assert program.complete_request(ProvisionRequest(ROOT), answer, tmp_path).administrator is None
    del answers["department"], answers["badge"]
    assert program.complete_request(ProvisionRequest(ROOT), answer, tmp_path).administrator is None


def test_they_are_added_once_and_the_glass_is_broken_in_their_name(tmp_path: Path) -> None:
    command, accounts, words = tmp_path / "alpr-edge", tmp_path / "accounts.db", tmp_path / "words"
    command.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {words}\ncat >> {words}\n')
    command.chmod(0o755)
    step = AdministratorStep(ANN, command, accounts)
    assert step.pending() == ["add 100, who manages people"]
    with ExitStack() as undo:
        step.apply(undo)
    told = words.read_text(encoding="utf-8").splitlines()
    assert told[:2] == ["accounts", "add"]
    assert told[-2:] == ["Ann Chief", "Modesto PD"]  # answers on standard input
    assert {"alpr_administrator", "--break-glass", "2090-01-02"} <= set(told)
    accounts.touch()
    assert step.pending() == AdministratorStep(None, command, tmp_path / "none").pending() == []


def test_what_is_left_to_do_is_said_where_nobody_can_sign_in(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.db"
    assert next_for_people({"uplink": {"url": "https://a.example"}}, ANN, accounts) == ""
    assert "accounts invite 100 --break-glass" in next_for_people({}, ANN, accounts)
    assert "accounts add --role alpr_administrator" in next_for_people({}, None, accounts)
    accounts.touch()
    assert next_for_people({}, None, accounts) == ""
