"""Converts issuing states as feeds write them to the two letters that a read has.

A plate of Mexico or Canada keeps letters of its own, which no read has: were its state unknown, an entry of theirs
would sound for an American plate of the same text as gravely as for its own.
"""

import unicodedata
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
_NCIC_ALONE = {"NK": "NB", "NF": "NL", "PQ": "QC", "SN": "SK", "AM": "AS", "GM": "GU", "MK": "MP"}
"""NCIC's letters that are none of the post's: New Brunswick, Newfoundland, Quebec, Saskatchewan, American Samoa, Guam,
the Mariana Islands."""
_POSTAL_OF_NCIC = {"NB": "NE", **_NCIC_ALONE}
"""Where NCIC's two letters are not the post's; NB, New Brunswick's there, is Nebraska."""
_MEXICAN_STATES = (
    "AG Aguascalientes,BA Baja California,BJ Baja California Sur,CE Campeche,CH Chihuahua,CI Chiapas,CL Colima,"
    "CU Coahuila,DF Distrito Federal,DO Durango,GR Guerrero,HL Hidalgo,JL Jalisco,MC Michoacan,MR Morelos,OA Oaxaca,"
    "PB Puebla,QR Quintana Roo,QU Queretaro,SI Sinaloa,SL San Luis Potosi,SO Sonora,TA Tamaulipas,TB Tabasco,"
    "TL Tlaxcala,VC Veracruz,YU Yucatan,ZA Zacatecas"
)
"""Mexico's states by NCIC's letters, but for Guanajuato, Nayarit and Nuevo Leon, whose letters mean others too: GU is
the post's for Guam, NA none, NL Newfoundland."""
_CODE_OF_MEXICAN_STATE = {entry[3:].upper(): entry[:2] for entry in _MEXICAN_STATES.split(",")}
_CODE_OF_COUNTRY = {
    **dict.fromkeys(("MX", "MM", "MEX", "MEXICO", "GUANAJUATO", "NAYARIT", "NUEVO LEON"), "MX"),
    **dict.fromkeys(("CD", "CAN", "CANADA"), "CD"),
    "CN": "CN",
}
"""Mexico and Canada as feeds name them where they name no state or province; MM and CD are NCIC's."""
_GOVERNMENT = "US"
"""NCIC's letters of the federal government's plates; elsewhere they may stand for any American plate."""
_CODE_OF_OTHERS = {
    **_CODE_OF_COUNTRY,
    **_CODE_OF_MEXICAN_STATE,
    **{code: code for code in (*_CODE_OF_MEXICAN_STATE.values(), _GOVERNMENT)},
}
_UNKNOWN = frozenset({"", "XX", "UN", "UNK", "UNKNOWN", "NA", "N/A", "NONE", "--", "ZZ"})


def from_text(text: str) -> tuple[str | None, bool]:
    """A state cell as the post's two letters (None: it does not say), and whether they tell all that the cell does.

    Letters of no state are not understood: an entry with them would be of another state than every plate. Those of a
    foreign place are kept, and the cell is to be shown, as few officers know what they stand for. NB stays NB,
    whichever of two it means. Feeds write the digit zero for the letter O here too (``0H``).
    """
    letters, is_understood = _letters(text)
    if letters == _GOVERNMENT:
        return None, False
    return _NCIC_ALONE.get(letters or "", letters), is_understood


def from_ncic(code: str) -> str | None:
    """An NCIC state code as the post's two letters, or a foreign place's own; None for blank or unknown."""
    letters, _ = _letters(code)
    return _POSTAL_OF_NCIC.get(letters or "", letters)


@lru_cache(maxsize=WORDINGS_MAX)
def _letters(text: str) -> tuple[str | None, bool]:
    """The two letters that a cell means, the post's or NCIC's, and whether they are an American or Canadian state's."""
    word = " ".join(_without_accents(text).upper().split())
    if word in _UNKNOWN:
        return None, True
    letters = word.replace("0", "O")
    if letters in KNOWN_CODES or letters in _NCIC_ALONE:
        return letters, True
    code = _CODE_OF_NAME.get(word)
    return (code, True) if code else (_CODE_OF_OTHERS.get(letters), False)


def _without_accents(text: str) -> str:
    """The text with plain letters for those with accents: Mexico's and Quebec's names are written either way."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
