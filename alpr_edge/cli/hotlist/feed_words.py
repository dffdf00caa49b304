"""Says what of a feed was not understood, or named nothing: the same lines in every report on a feed."""

from typing import Any, Protocol

from alpr_edge.cli.output import count_text


class FeedCounts(Protocol):
    """The counts of a report on a feed, a unit's or the department's."""

    @property
    def unmatched_removals(self) -> int:
        """Lines of removals that name no entry of the list before."""

    @property
    def unknown_reasons(self) -> int:
        """Lines whose words for the reason are not known."""

    @property
    def unknown_wordings(self) -> tuple[str, ...]:
        """The first of these words."""

    @property
    def unread_columns(self) -> tuple[str, ...]:
        """Names of the columns that nothing is read from."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should look at, a sentence each."""


def unknown_words_json(counts: FeedCounts) -> dict[str, Any]:
    """What of a feed was not understood, as JSON has it."""
    return {
        "unmatched_removals": counts.unmatched_removals,
        "unknown_reasons": counts.unknown_reasons,
        "unknown_wordings": counts.unknown_wordings,
        "unread_columns": counts.unread_columns,
        "notices": counts.notices,
    }


def unknown_words_lines(counts: FeedCounts) -> list[str]:
    """What of a feed was not understood, a line each; none where all was."""
    lines = []
    if counts.unmatched_removals:
        removals = count_text(counts.unmatched_removals, "removal")
        lines.append(f"{removals} had no effect: the previous list has no such entry")
    if counts.unknown_reasons:
        wordings = "".join(f' "{wording}"' for wording in counts.unknown_wordings)
        wordings = f", for example{wordings}" if wordings else ""
        lines.append(
            f"{count_text(counts.unknown_reasons, 'line')} with an unknown reason{wordings}; "
            'treated as "other"; map them with `codes` of the source'
        )
    if counts.unread_columns:
        noun = "column" if len(counts.unread_columns) == 1 else "columns"
        lines.append(f"ignored {noun}: {', '.join(counts.unread_columns)}")
    return [*lines, *counts.notices]
