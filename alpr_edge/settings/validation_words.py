"""Rewrites the messages of pydantic and click about a wrong value of the command line in plain words."""

import re

_PLAIN = (
    (r"Value error, ", ""),
    (r"Input should be greater than or equal to (\S+)", r"must be \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"must be \1 or less"),
    (r"Input should be greater than (\S+)", r"must be more than \1"),
    (r"Input should be less than (\S+)", r"must be less than \1"),
    (r"Input should be a valid integer.*", "must be a whole number"),
    (r"Input should be a valid number.*", "must be a number"),
    (r"Input should be a valid boolean.*", "must be true or false"),
    (r"Input should be", "must be"),
    (r"does not match the formats? '%Y-%m-%d'", "is no day; it looks like 2026-11-30"),
)


def plain_words(message: str) -> str:
    """Rewrite the message of a wrong value."""
    for pattern, words in _PLAIN:
        message = re.sub(pattern, words, message, flags=re.DOTALL)
    return message
