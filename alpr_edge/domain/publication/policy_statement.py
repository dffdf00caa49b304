"""The usage and privacy policy as the software carries it out (Civil Code 1798.90.51, 1798.90.53; policy 462.3.1).

Every sentence follows from a setting, the profile of the state, the people with an account, or what the release does:
whoever changes one of these changes the statement, and what was published before is out of step.
"""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class PolicySection:
    """What is said about one matter that the law lists."""

    name: str
    """Its name for programs."""
    title: str
    law: str
    """Which clause asks for it."""
    sentences: tuple[str, ...]
    points: tuple[str, ...] = ()
    """A list beneath the sentences."""


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """The policy in force."""

    department: str
    policy_address: str
    """Where the full text is posted; empty: not said."""
    contact: str
    sections: tuple[PolicySection, ...]

    @property
    def content(self) -> bytes:
        """Its JSON, the same for the same policy."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def changed_sections(published: bytes, statement: PolicyStatement) -> list[str]:
    """The titles of the sections of which something else was published; all of them where it is no statement."""
    try:
        content = json.loads(published)
        before = {each["name"]: each for each in content["sections"]}
        heads = {name: content[name] for name in ("department", "policy_address", "contact")}
    except (ValueError, KeyError, TypeError):
        return [section.title for section in statement.sections]
    now = json.loads(statement.content)
    titles = [each["title"] for each in now["sections"] if before.get(each["name"]) != each]
    names = {each["name"] for each in now["sections"]}
    titles += [str(each.get("title", name)) for name, each in before.items() if name not in names]
    return titles + [name.replace("_", " ") for name, value in heads.items() if value != now[name]]
