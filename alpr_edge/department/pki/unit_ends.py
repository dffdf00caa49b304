"""As what a unit is ended: the reasons for which people end one, beside what they say in words."""

from enum import StrEnum


class UnitEnd(StrEnum):
    """As what a unit was ended."""

    RETIRED = "retired"
    """It left the service."""
    STOLEN = "stolen"
    """The unit or its car is lost or stolen."""
    KEY_LOST = "key-lost"
    """Somebody else may have its key; the unit itself is there."""

    @property
    def exposes_secrets(self) -> bool:
        """Whether somebody else may have what the unit held: the people's sign-in secrets, and its keys."""
        return self in {UnitEnd.STOLEN, UnitEnd.KEY_LOST}

    @property
    def words(self) -> str:
        """As people read it."""
        return {UnitEnd.RETIRED: "retired", UnitEnd.STOLEN: "lost or stolen", UnitEnd.KEY_LOST: "key lost"}[self]
