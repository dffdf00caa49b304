"""Puts the policy statement together from what is in force, and says what it lacks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from alpr_edge.department.audits.audit_schedules import load_audit_rules
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.identity_settings import OutsideOrganisationTable
from alpr_edge.department.people.organisations import Organisations
from alpr_edge.department.people.people_rows import all_entries
from alpr_edge.department.public_settings import AdministrationTable
from alpr_edge.department.settings import DepartmentFile, load_periods
from alpr_edge.domain.audits.schedule import AuditRules
from alpr_edge.domain.collection.department_periods import DepartmentPeriods
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import IDLE_MAX, Person, Role
from alpr_edge.domain.permissions.profile import Need, Profile, SecurityProfile
from alpr_edge.domain.publication.policy_statement import PolicySection, PolicyStatement
from alpr_edge.domain.releases.agencies import RequestWay
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_profile, load_security_profile


def access_of_others(organisations: Organisations, people: Sequence[Person]) -> str:
    """The sentence that says whether anybody but the department's own people has an account.

    Args:
        people: those whose account may be used.
    """
    others = {
        f"{person.organisation} ({_ground(organisations.exception_of(person))})"
        for person in people
        if not organisations.is_own(person)
    }
    if not others:
        return "No other agency has access of its own."
    listed = "; ".join(sorted(others))
    return f"Beside the department's own people, some people of these have accounts of their own: {listed}."


def outsider_faults(organisations: Organisations, people: Sequence[Person]) -> Iterable[str]:
    """Other organisations whose people have accounts without an exception, a line each; as above."""
    for organisation in sorted({person.organisation for person in people if organisations.fault(person)}):
        yield f"people of {organisation!r} have accounts, which no [[outside_organisation]] allows (policy 462.7)"


def _ground(exception: OutsideOrganisationTable | None) -> str:
    return "on no ground that is on file" if exception is None else f"{exception.reason}, until {exception.until}"


REQUIRED = {
    "department": "the department's name",
    "overseer_title": "the title of whoever oversees the operation (policy 462.3.1(e))",
    "custodian_title": "the title of the official custodian (Civil Code 1798.90.51(b)(2)(E))",
}
"""Keys of [administration] without which there is no policy to publish."""
_HOLDERS = {
    Role.ALPR_ADMINISTRATOR: "overseer_title",
    Role.COMMANDER: "commander_title",
    Role.RECORDS: "records_title",
    Role.TRAINING_SUPERVISOR: "training_title",
}
"""The role at the department that whoever has a title holds."""
_BREAK_GLASS = (
    "The one exception is for an emergency in which no account can be used: whoever has full control of a car's "
    "computer can open what that car holds without sign-in and training, once name, organisation, purpose and reason "
    "are given; each such use is on record, and stands out in every audit."
)


class PolicyInForce:
    """What the policy follows from, read once.

    Raises:
        DepartmentError: a setting is wrong.
        SettingsError: a profile of the release breaks a rule.
    """

    def __init__(self, directory: Path, settings: DepartmentFile, people: Iterable[Person], now: datetime) -> None:
        rules = PolicySettings(
            profile=settings.search.profile,
            security_profile=settings.people.security_profile,
            case_formats=settings.search.case_formats,
        )
        self.profile: Profile = load_profile(rules)
        self.security: SecurityProfile = load_security_profile(rules)
        self.periods: DepartmentPeriods = load_periods(directory)
        self.audits: AuditRules = load_audit_rules(directory)
        self.organisations: Organisations = Organisations.of(settings)
        self.settings = settings
        self.people = [person for person in people if person.fault_at(now) is None]
        """Those whose account may be used."""

    @property
    def faults(self) -> list[str]:
        """What the policy page would lack, or say against what people's roles are."""
        table = self.settings.administration
        missing = [
            f"[administration] {key} is missing: {words}" for key, words in REQUIRED.items() if not _is(table, key)
        ]
        return [*missing, *self._unheld(), *outsider_faults(self.organisations, self.people)]

    def statement(self) -> PolicyStatement:
        """The policy.

        Raises:
            DepartmentError: the settings lack what the law asks for.
        """
        table = self.settings.administration
        for key, words in REQUIRED.items():
            if not _is(table, key):
                raise DepartmentError(f"department.toml: administration.{key} is missing: {words}")
        sections = (
            self._purposes(),
            self._people(),
            self._training(),
            self._monitoring(),
            self._sharing(),
            self._custodian(),
            self._accuracy(),
            self._retention(),
        )
        return PolicyStatement(table.department, table.policy_address, table.contact, sections)

    def _unheld(self) -> Iterable[str]:
        """Titles that nobody with the role has who may use an account."""
        table = self.settings.administration
        for role, key in _HOLDERS.items():
            titles = {person.title.casefold() for person in self.people if role in person.roles}
            wanted = {str(getattr(table, key)).casefold()}
            if role is Role.COMMANDER:
                wanted.add(table.designee_title.casefold())
            if self.people and _is(table, key) and not titles & wanted:
                yield (
                    f"[administration] {key}: nobody with the role {role.value} and an account in force has this title"
                )

    def _purposes(self) -> PolicySection:
        rules = self.profile.purposes.values()
        needs = {Need.REQUIRED: True, Need.OPTIONAL: False}
        points = []
        for rule in rules:
            asked = [word for word, need in (("offence", rule.offence), ("case number", rule.case)) if needs[need]]
            points.append(f"{rule.words}{f' (needs {_word_list(asked)})' if asked else ''}")
        barred = [words.partition(" (")[0] for words in self.profile.barred.values()]
        said = (
            (
                "Plates are read and looked up for official law enforcement business alone. Each access names one of "
                "the purposes below; without it nothing is shown."
            ),
            f"Refused and recorded is any access for: {_word_list(barred)}.",
        )
        return PolicySection("purposes", "Authorised purposes", _law("A"), said, tuple(points))

    def _people(self) -> PolicySection:
        titles = sorted({(each.title or "no title", _roles(each)) for each in self.people})
        said = (
            (
                "These people may use the system or its data, each by an account of their own with two factors, apart "
                "from the emergency that is told of below, under training:"
            ),
        )
        points = [f"{title}: {roles}" for title, roles in titles]
        points += [f"independent contractor: {each}" for each in self.settings.administration.contractors]
        return PolicySection("people", "Who may use it", _law("B"), said, tuple(points) or ("nobody yet",))

    def _training(self) -> PolicySection:
        said = (
            (
                "Nobody is shown data of the system before two trainings: security awareness (CJIS Security Policy), "
                "and the department's own on plate readers. When one of them runs out the account shows nothing. A "
                "car reads plates by itself; while nobody is signed in it shows none."
            ),
            _BREAK_GLASS,
            f"The {self.settings.administration.training_title} ensures that people are trained.",
        )
        return PolicySection("training", "Training", _law("B"), said)

    def _monitoring(self) -> PolicySection:
        days = max(self.profile.log_retention_days, self.security.log_retention_days)
        said = (
            (
                "Every access is on record before anything is shown: who, when, which plate or read, what purpose, "
                f"offence and case, allowed or refused. The record is kept {days} days at least."
            ),
            (
                "The records are chained and signed, so that none can be changed or left out unseen; the state of the "
                "department's log at the end of each month is published here."
            ),
            (
                f"An audit of the records of the department and its cars is due every {self.audits.interval_days} days "
                "(policy 462.6(c)): what stands out, and a random sample of all others, drawn by a seed that is on "
                "record before, is reviewed by people who review no record of their own, and signed off within "
                f"{self.audits.sign_off_days} days by somebody who reviewed none of it."
            ),
            (
                "Weekly reviews of the records are counted here each month. Data is encrypted where it is kept in cars "
                "and on the way; an account is locked after "
                f"{self.security.lockout.failures_max} failures, and ends after {IDLE_MAX.days} days without use."
            ),
        )
        return PolicySection("monitoring", "How use is monitored", _law("C"), said)

    def _sharing(self) -> PolicySection:
        ways = self.profile.releases.ways
        open_to = [f"{kind} {seat}".replace("_", " ") for (kind, seat), way in ways.items() if way in _REVIEWED]
        barred = [f"{kind} {seat}".replace("_", " ") for (kind, seat), way in ways.items() if way is RequestWay.BARRED]
        table = self.settings.administration
        approver = f"{table.commander_title}{f' or the {table.designee_title}' if table.designee_title else ''}"
        said: tuple[str, ...] = (
            access_of_others(self.organisations, self.people),
            (
                "Data is handed over on a written request that names agency, person and purpose, is approved by the "
                f"{approver}, and is kept on file (policy 462.7)."
            ),
            (
                f"Requests are reviewed for: {_word_list(open_to)}. Refused are those of: {_word_list(barred)}. "
                "All others are processed by the department's policy on the release of records. "
                "The system offers no sale of data."
            ),
        )
        systems = [
            f"{each.operator}: {each.purpose}, until {each.until.isoformat()}" for each in self.settings.exchange
        ]
        if systems:
            said += ("Within this department data also goes to:",)
        return PolicySection("sharing", "Sharing and release", _law("D"), said, tuple(systems))

    def _custodian(self) -> PolicySection:
        table = self.settings.administration
        overseer = f"{table.overseer_title}{f', {table.overseer_name}' if table.overseer_name else ''}"
        said = (
            f"The official custodian of the system is the {table.custodian_title}.",
            (
                f"The operation is managed by the {table.commander_title}; its current designee in overseeing it is: "
                f"{overseer}."
            ),
        )
        return PolicySection("custodian", "Custodian and oversight", f"{_law('E')}; policy 462.3.1(e)", said)

    def _accuracy(self) -> PolicySection:
        said = (
            (
                "A hit is a lead and no reason to act alone: the officer is told to verify it first; whether that was "
                "done stands with the hit (policy 462.4(f))."
            ),
            (
                "A misread is corrected by name and kept beside its correction; an alert about it is withdrawn. How "
                "many of the reads that officers judged were misread is published here each month."
            ),
        )
        return PolicySection("accuracy", "Accuracy", _law("F"), said)

    def _retention(self) -> PolicySection:
        start = "they were captured" if self.periods.counts_from_capture else "they arrived at the department"
        said = (
            (
                f"Reads are kept {self.periods.read_days:g} days, those on a list {self.periods.hit_days:g} days, from "
                f"the day {start}; then they are deleted with their pictures, and the deletion is on record."
            ),
            (
                "Kept longer is only what is held for a case, as evidence, for discovery or by order of a court. What "
                f"is kept and destroyed is decided with the {self.settings.administration.records_title}."
            ),
            f"Backups are removed after {self.settings.backup.keep_days} days.",
        )
        return PolicySection("retention", "How long data is kept", f"{_law('G')}; policy 462.5", said)


_REVIEWED = {RequestWay.REVIEW, RequestWay.DECLARATION}


def policy_in_force(
    directory: Path, database: DepartmentDatabase, settings: DepartmentFile, now: datetime
) -> PolicyInForce:
    """What the policy of a department follows from.

    Raises:
        DepartmentError: a setting is wrong.
        SettingsError: a profile of the release breaks a rule.
        StoreError: the database does not answer.
    """
    with database.reading() as connection:
        people = [entry.person for entry in all_entries(connection)]
    return PolicyInForce(directory, settings, people, now)


def _is(table: AdministrationTable, key: str) -> bool:
    return bool(str(getattr(table, key)).strip())


def _law(letter: str) -> str:
    """The clause of a matter, of whoever operates the system and of whoever uses it: both list the same matters."""
    return f"Civil Code 1798.90.51(b)(2)({letter}), 1798.90.53(b)(2)({letter})"


def _roles(person: Person) -> str:
    return _word_list(sorted(role.value.replace("_", " ") for role in person.roles)) or "no role"


def _word_list(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
