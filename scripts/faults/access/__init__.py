"""The access log under cuts and kills: nothing is shown without its record."""
