"""A made-up record of every format with a record a line, written out from its layout; no plate of anybody's."""

from dataclasses import dataclass

from alpr_edge.hotlist.formats.base import FeedFormat
from alpr_edge.hotlist.formats.clew import Clew
from alpr_edge.hotlist.formats.colorado import Colorado
from alpr_edge.hotlist.formats.florida import Florida
from alpr_edge.hotlist.formats.ncic import Ncic
from alpr_edge.hotlist.formats.new_york import NewYork
from alpr_edge.hotlist.formats.texas_ncic import TexasNcic
from alpr_edge.hotlist.formats.texas_tcic import TexasTcic


def ncic(plate: str = "AB123456", code: str = "V", state: str = "CA", date: str = "20190509") -> str:
    return f"{code}123456789LA0570200{date}{plate:10}{state}2009MC2009YAMACYLMCBLK"


def texas_ncic(plate: str = "GGX6728", code: str = "V", state: str = "0H", date: str = "20200124") -> str:
    return f"{code}165399977,0H0671200,{date},{plate},{state},2021,2009,D0DG,CHA,4D,GRY"


def texas_tcic(plate: str = "17MFM5", code: str = "W", state: str = "TX") -> str:
    return f"T{code}1026325915,{plate},{state},2009,FORD,TK,PK,WHI"


def colorado(plate: str = "ABC123", code: str = "Attempt To Locate", state: str = "CO") -> str:
    return f"{plate:10}{state}{code:22}2002 FORD FOC BLK"


def new_york(plate: str = "ABC1234", code: str = "X", state: str = "NY") -> str:
    return f"{plate:10}{state}PAS{code}BUICWH"


def florida(plate: str = "ABCD12", code: str = "STOLEN VEHICLE", state: str = "FL") -> str:
    cells = [code, "FL0130000", "SHERIFF'S OFFICE", "19-1234", "", "P987654321", "V123456789", "05/09/2019", "N"]
    return ";".join([*cells, "05/08/2019 23:30:00", plate, "2019", state, "PC", "05/09/2019 12:00:00"])


def clew(plate: str = "ABC1234", state: str = "CA") -> str:
    return f"{plate:8}{state}1220190515"


@dataclass(frozen=True)
class Sample:
    """A format and how a file of it looks."""

    format: FeedFormat
    line: str
    head: str = ""
    trailer: str = ""

    def file(self, *lines: str, end: str = "\n", total: int | None = None) -> bytes:
        trailer = self.trailer.format(len(lines) if total is None else total) if self.trailer else ""
        rows = [*([self.head] if self.head else []), *lines, *([trailer] if trailer else [])]
        return "".join(row + end for row in rows).encode()


FLORIDA_HEAD = "TYPE;ORI;ORI_NAME;OCA;OAN;PCN;NIC;A;B;C;TAG;D;TAG_STATE;E;F"
SAMPLES = {
    "ncic": Sample(Ncic(), ncic(), "VEHICLE EXTRACT 11/23/2026 06:00", "TOTAL RECORDS {:07d}"),
    "texas-ncic": Sample(TexasNcic(), texas_ncic()),
    "texas-tcic": Sample(TexasTcic(), texas_tcic()),
    "colorado": Sample(Colorado(), colorado(), "CCIC EXTRACT 20261123"),
    "new-york": Sample(NewYork(), new_york(), "LPR FILE 2026-11-23 06:00:00", "TRAILER {:07d}"),
    "florida": Sample(Florida(), florida(), FLORIDA_HEAD),
    "clew": Sample(Clew(), clew(), "DATE11/23/2026 09:00", "TOTAL RECORD {:07d}"),
}
