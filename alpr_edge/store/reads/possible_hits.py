"""Whether a hit is a possible one wherever a page shows it, by the rules by which its alert sounds."""

from alpr_edge.domain.alerting import ListAge, MatchContext, is_certain
from alpr_edge.domain.hits import OWN_SOURCE, Hit
from alpr_edge.domain.list_ages import list_age
from alpr_edge.settings import HotlistSettings


def is_possible(hit: Hit, lists: HotlistSettings, *, is_read_certain: bool, is_amended: bool) -> bool:
    """Whether a hit is not certain: a similar or partial text, a doubtful read, another state or a very old list.

    An officer's own entry counts as one that has not ended: what the unit's clock was taken for when it sounded is not
    kept.

    Args:
        is_read_certain: whether the text is certain now; it may have become so since the hit sounded.
    """
    source = hit.generation.source
    age = ListAge.FRESH if source == OWN_SOURCE else list_age(hit.list_age_s, *lists.ages_of(source))
    is_doubtful = not is_read_certain and (is_amended or hit.generation.entries >= lists.large_entries)
    return not is_certain(hit, MatchContext(age, is_doubtful))
