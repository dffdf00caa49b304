"""The shipped profiles hold, what they mean is told, and a file that breaks a rule is refused with the reason."""

import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from alpr_edge.domain.errors import SettingsError
from alpr_edge.domain.permissions.profile import Need
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.permissions.table import TABLE
from alpr_edge.settings import PolicySettings, parse
from alpr_edge.settings.profiles import load_profile, load_security_profile, summarise_policy
from alpr_edge.settings.profiles.loader import FOLDER

STATES = get_args(PolicySettings.model_fields["profile"].annotation)
SECURITY = get_args(PolicySettings.model_fields["security_profile"].annotation)
CALIFORNIA = load_profile(PolicySettings())


def changed_copy(folder: Path, name: str, old: str, new: str) -> Path:
    """A folder with the profiles, one text in one of them changed."""
    for path in FOLDER.glob("*.toml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def policy(**values: str) -> PolicySettings:
    return PolicySettings.model_validate(values)


def test_each_file_is_a_profile_that_may_be_chosen() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == {*STATES, *SECURITY}


@pytest.mark.parametrize("name", STATES)
def test_a_state_decides_about_every_purpose(name: str) -> None:
    profile = load_profile(policy(profile=name))
    assert set(profile.purposes) | set(profile.barred) == {code.value for code in PurposeCode}
    assert not set(profile.purposes) & set(profile.barred)
    assert profile.source
    assert profile.log_retention_days >= 730


@pytest.mark.parametrize("name", STATES)
def test_every_purpose_on_offer_is_good_for_something(name: str) -> None:
    offered = set(load_profile(policy(profile=name)).purposes)
    assert {code for _, _, code in TABLE} == offered


@pytest.mark.parametrize("name", SECURITY)
def test_a_security_profile_is_as_strict_as_the_policy_asks(name: str) -> None:
    security = load_security_profile(policy(security_profile=name))
    assert security.sessions.idle_max <= timedelta(minutes=30)
    assert security.sessions.factors_max <= timedelta(hours=12)
    assert security.lockout.failures_max <= 5
    assert security.lockout.window >= timedelta(minutes=15)
    assert security.password_characters_min >= 8
    assert (security.password_days_max is None) is (name == "nist")
    assert all(word in security.notice for word in ("restricted", "monitored", "penalties", "consent"))


def test_what_a_purpose_asks_for_is_in_the_file() -> None:
    rule = CALIFORNIA.purposes["criminal_investigation"]
    assert (rule.offence, rule.case) == (Need.REQUIRED, Need.REQUIRED)
    assert CALIFORNIA.purposes["stolen_vehicle"].case is Need.OPTIONAL
    assert CALIFORNIA.barred["immigration_enforcement"] == "immigration enforcement (Government Code 7284.6)"
    assert CALIFORNIA.barred["protest"].endswith("sections 2 to 4: not verified)")
    assert CALIFORNIA.barred_terms.flags_in("a detainer for ICE") == (PurposeCode.IMMIGRATION_ENFORCEMENT,)


def test_the_agencys_case_formats_replace_those_of_the_profile() -> None:
    assert CALIFORNIA.case_formats.fit("26-123456")
    own = load_profile(PolicySettings(case_formats=("MPD-9999",)))
    assert own.case_formats.fit("MPD-1234")
    assert not own.case_formats.fit("26-123456")


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("nevada", "policy.profile: "),
        (3, "policy.profile: "),
    ],
)
def test_an_unknown_profile_is_a_fault_of_the_settings(value: object, fault: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(fault)):
        parse({"policy": {"profile": value}}, Path("/base"))


@pytest.mark.parametrize("formats", [["--"], [""], ["9" * 33], [9], ["9"] * 17])
def test_a_case_format_that_is_none_is_a_fault_of_the_settings(formats: list[object]) -> None:
    with pytest.raises(SettingsError, match=r"^policy\.case_formats"):
        parse({"policy": {"case_formats": formats}}, Path("/base"))


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("california.toml", "[purposes.audit]", "[purposes.spying]", "purposes.spying"),
        ("california.toml", "[barred.protest]", "[barred.audit]", "audit is offered and barred"),
        ("california.toml", "verified = true", "verified = 1", "verified"),
        ("california.toml", "verified = true", "verified = true\nextra = 1", "extra"),
        ("california.toml", "log_retention_days = 730", "log_retention_days = 30", "log_retention_days"),
        ("california.toml", 'offence = "required"', 'offence = "perhaps"', "purposes.criminal_investigation.offence"),
        ("california.toml", '"99-999999"', '"--"', "case format"),
        ("california.toml", '"immigration", ', '"-", ', "barred term"),
        ("california.toml", "[offences]", "[offences", "cannot be read"),
        ("cjis.toml", "idle_min = 30", "idle_min = 31", "sessions.idle_min"),
        ("cjis.toml", "factors_h = 12", "factors_h = 13", "sessions.factors_h"),
        ("cjis.toml", "failures_max = 5", "failures_max = 6", "lockout.failures_max"),
        ("cjis.toml", "window_min = 15", "window_min = 14", "lockout.window_min"),
        ("cjis.toml", "password_characters_min = 8", "password_characters_min = 7", "password_characters_min"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused(tmp_path: Path, name: str, old: str, new: str, fault: str) -> None:
    folder = changed_copy(tmp_path, name, old, new)
    load = load_profile if name == "california.toml" else load_security_profile
    with pytest.raises(SettingsError, match=re.escape(fault)) as excinfo:
        load(PolicySettings(), folder)
    assert all(line.startswith(f"profile {Path(name).stem}: ") for line in excinfo.value.faults)


def test_a_purpose_that_a_profile_forgets_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "california.toml").read_text(encoding="utf-8")
    start, end = text.index("[barred.protest]"), text.index("# Requests of other")
    folder = changed_copy(tmp_path, "california.toml", text[start:end], "")
    with pytest.raises(SettingsError, match="protest is neither offered nor barred"):
        load_profile(PolicySettings(), folder)


def test_a_kind_of_agency_that_a_profile_forgets_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "california.toml").read_text(encoding="utf-8")
    start, end = text.index("[releases.agencies.private]"), text.index("[offences]")
    folder = changed_copy(tmp_path, "california.toml", text[start:end], "")
    with pytest.raises(SettingsError, match="nothing is said of requests of private"):
        load_profile(PolicySettings(), folder)


def test_a_declaration_that_a_profile_asks_for_needs_its_words(tmp_path: Path) -> None:
    folder = changed_copy(tmp_path, "california.toml", 'federal = "barred"', 'federal = "declaration"')
    with pytest.raises(SettingsError, match="its words are missing"):
        load_profile(PolicySettings(), folder)


def test_what_the_settings_mean_is_told() -> None:
    summary = summarise_policy(PolicySettings())
    text = "\n".join(summary.lines())
    assert "purposes compared with its text" in text
    assert "with a case number (99-999999 or 9999-999999 or AA99-999999): criminal investigation" in text
    assert "plates hidden after 30 min unused, both factors after 12 h, 4 people at most" in text
    assert "lock-out: after 5 failures in 15 min, until released" in text
    assert "changed every 365 days" in text
    assert "access log: kept 730 days at least" in text
    assert "requests of other agencies: reviewed for law enforcement in state, prosecution in state; " in text
    assert "refused (shared with public agencies of California alone: Civil Code 1798.90.55(b)" in text
    assert "NOT VERIFIED against the law" in text.split("requests of other agencies")[1].split("\n")[0]
    assert "never changed for age" in "\n".join(summarise_policy(PolicySettings(security_profile="nist")).lines())
