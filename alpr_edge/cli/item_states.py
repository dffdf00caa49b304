"""The words for the states of an item of the queue, the same in every command."""

from collections.abc import Mapping

WORDS = {
    "ready": "waiting",
    "delivered": "acknowledged",
    "quarantined": "refused",
    "offloaded": "on a medium without a receipt",
}
"""By state in the store and in JSON, the words for people."""


def items_text(counts: Mapping[str, int]) -> str:
    """Counts of items by state, in words: "4 waiting, 12 acknowledged, 0 refused, 0 on a medium without a receipt"."""
    return ", ".join(f"{counts[state]:,} {word}" for state, word in WORDS.items())
