"""[canvass]: what is kept around a crime scene where whoever starts a canvass says nothing else."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from alpr_edge.settings.base import Section


class CanvassSettings(Section):
    """[canvass]: how long a canvass lasts, and how long before its start reads are kept (policy 462.4(c))."""

    lasts_h: Annotated[float, Field(ge=0.1, le=336)] = 8.0
    """At most what :data:`~alpr_edge.domain.canvass.canvass.LASTS_MAX` says; likewise the next."""
    before_h: Annotated[float, Field(ge=0, le=168)] = 4.0

    @property
    def lasts(self) -> timedelta:
        """How long a canvass lasts."""
        return timedelta(hours=self.lasts_h)

    @property
    def before(self) -> timedelta:
        """How long before its start reads are kept."""
        return timedelta(hours=self.before_h)
