"""Converts issuing states as feeds write them to the two letters that a read has."""

from functools import lru_cache

WORDINGS_MAX = 1024
"""How many wordings are remembered; a feed repeats few of them millions of times."""
_NAMES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,"
    "DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,"
    "KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,"
    "MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
    "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,"
    "SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,"
    "WV West Virginia,WI Wisconsin,WY Wyoming,AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,"
    "NL Newfoundland and Labrador,NS Nova Scotia,ON Ontario,PE Prince Edward Island,QC Quebec,SK Saskatchewan"
)
_CODE_OF_NAME = {entry[3:].upper(): entry[:2] for entry in _NAMES.split(",")}
KNOWN_CODES = frozenset(_CODE_OF_NAME.values()) | {"AS", "GU", "MP", "NT", "NU", "PR", "VI", "YT"}
"""The two letters of every state and province, with those of the territories."""
_NCIC_ALONE = {"NK": "NB", "NF": "NL", "PQ": "QC"}
"""NCIC's letters that are none of the post's: New Brunswick, Newfoundland, Quebec."""
_POSTAL_OF_NCIC = {"NB": "NE", **_NCIC_ALONE}
"""Where NCIC's two letters are not the post's; NB, New Brunswick's there, is Nebraska."""
_UNKNOWN = frozenset({"", "XX", "UN", "UNK", "UNKNOWN", "NA", "N/A", "NONE", "--", "ZZ"})


def from_text(text: str) -> tuple[str | None, bool]:
    """A state cell as the post's two letters (None: it does not say), and whether the cell was understood.

    Letters of no state are not: an entry with them would be of another state than every plate. NB stays NB, whichever
    of two it means. Feeds write the digit zero for the letter O here too (``0H``).
    """
    letters, is_understood = _letters(text)
    return _NCIC_ALONE.get(letters or "", letters), is_understood


def from_ncic(code: str) -> str | None:
    """An NCIC state code as the post's two letters; None for blank or unknown."""
    letters, _ = _letters(code)
    return _POSTAL_OF_NCIC.get(letters or "", letters)


@lru_cache(maxsize=WORDINGS_MAX)
def _letters(text: str) -> tuple[str | None, bool]:
    """The two letters that a cell means, the post's or NCIC's, and whether the cell was understood."""
    word = " ".join(text.upper().split())
    if word in _UNKNOWN:
        return None, True
    letters = word.replace("0", "O")
    if letters in KNOWN_CODES or letters in _NCIC_ALONE:
        return letters, True
    code = _CODE_OF_NAME.get(word)
    return code, code is not None
