"""Every layout by its name. A new one is a file of some thirty lines beside these, and a line here."""

from alpr_edge.hotlist.clew import Clew
from alpr_edge.hotlist.colorado import Colorado
from alpr_edge.hotlist.feeds import FeedFormat, FormatName
from alpr_edge.hotlist.florida import Florida
from alpr_edge.hotlist.generic_csv import GenericCsv
from alpr_edge.hotlist.generic_fixed import GenericFixed
from alpr_edge.hotlist.ncic import Ncic
from alpr_edge.hotlist.new_york import NewYork
from alpr_edge.hotlist.texas_ncic import TexasNcic
from alpr_edge.hotlist.texas_tcic import TexasTcic

_KNOWN: tuple[FeedFormat, ...] = (
    GenericCsv(),
    GenericFixed(),
    Clew(),
    Ncic(),
    TexasNcic(),
    TexasTcic(),
    Colorado(),
    NewYork(),
    Florida(),
)
FORMATS: dict[FormatName, FeedFormat] = {known.name: known for known in _KNOWN}
