"""How the feed of a list is read and checked, and how its hits sound: most keys of [[hotlist.source]]."""

import difflib
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, Strict, model_validator

from alpr_edge.domain.alerting import AlertPolicy, Level, Tone
from alpr_edge.domain.hits import Reason
from alpr_edge.settings.base import FilePath, Fraction, Section, require_order

_REASONS = {reason.value: reason for reason in Reason}
CODES_MAX = 200


def _reason(name: object) -> Reason:
    """The reason called so."""
    if isinstance(name, str) and name in _REASONS:
        return _REASONS[name]
    close = difflib.get_close_matches(str(name), list(_REASONS), n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(_REASONS)}"
    raise ValueError(f"no reason is called {str(name)[:40]!r}; {hint}")


ReasonName = Annotated[Reason, BeforeValidator(_reason)]
"""A reason given by its name."""


def _codes(codes: dict[str, Reason]) -> dict[str, Reason]:
    """Codes as they are looked up."""
    if len(codes) > CODES_MAX:
        raise ValueError(f"expected at most {CODES_MAX} codes, not {len(codes)}")
    return {" ".join(code.upper().split()): reason for code, reason in codes.items()}


class ListRules(Section):
    """How the feed of one source is read and checked, and how its hits sound."""

    reasons: Annotated[tuple[ReasonName, ...], Strict(strict=False)] = ()
    """Reasons let in; empty: all but immigration violators."""
    codes: Annotated[dict[str, ReasonName], AfterValidator(_codes)] = Field(default_factory=dict)
    """Codes or wordings of the feed, before the format's own."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Where a field stands, by role."""
    delimiter: Annotated[str, Field(max_length=1, description="one character, or nothing")] = ""
    header: bool = True
    zone: str = ""
    skip_plates: Annotated[tuple[str, ...], Strict(strict=False)] = ()
    covert: bool = False
    priority: Literal["reason", "routine", "high", "urgent"] = "reason"
    tone: Literal["priority", "possible", "routine", "high", "urgent"] = "priority"
    entries_expire_h: Annotated[float, Field(ge=0, le=87_600)] = 0.0
    amber_after_h: Annotated[float, Field(ge=0, le=8760)] = 0.0
    """0: that of [hotlist]; likewise the next."""
    red_after_h: Annotated[float, Field(ge=0, le=8760)] = 0.0
    rejected_share_max: Fraction = 0.02
    shrink_share_max: Fraction = 0.25
    shrink_entries_min: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    growth_share_max: Annotated[float, Field(ge=0, le=10_000)] = 3.0
    growth_entries_min: Annotated[int, Field(ge=0, le=20_000_000)] = 10_000
    issued_ahead_h_max: Annotated[float, Field(ge=0, le=8760)] = 24.0
    issued_required: bool = False
    trailer_required: bool = False
    signing_key_file: FilePath | None = None
    password_file: FilePath | None = None

    @model_validator(mode="after")
    def _ages_ordered(self) -> Self:
        return require_order(self, "amber_after_h", "red_after_h") if self.amber_after_h and self.red_after_h else self

    def ages(self, amber_after_h: float, red_after_h: float) -> tuple[timedelta, timedelta]:
        """When its list is amber and when red, given what [hotlist] says."""
        amber_h, red_h = self.amber_after_h or amber_after_h, self.red_after_h or red_after_h
        return timedelta(hours=min(amber_h, red_h)), timedelta(hours=red_h)

    @property
    def alert_policy(self) -> AlertPolicy:
        """How its hits sound."""
        level = None if self.priority == "reason" else Level[self.priority.upper()]
        return AlertPolicy(level, None if self.tone == "priority" else Tone(self.tone))
