"""All formats by name. A new one is a file of some thirty lines beside these, and a line here."""

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.hotlist.formats.base import FeedFormat
from alpr_edge.hotlist.formats.clew import Clew
from alpr_edge.hotlist.formats.colorado import Colorado
from alpr_edge.hotlist.formats.florida import Florida
from alpr_edge.hotlist.formats.generic_csv import GenericCsv
from alpr_edge.hotlist.formats.generic_fixed import GenericFixed
from alpr_edge.hotlist.formats.ncic import Ncic
from alpr_edge.hotlist.formats.new_york import NewYork
from alpr_edge.hotlist.formats.texas_ncic import TexasNcic
from alpr_edge.hotlist.formats.texas_tcic import TexasTcic

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
FORMATS: dict[FormatName, FeedFormat] = {feed_format.name: feed_format for feed_format in _KNOWN}
