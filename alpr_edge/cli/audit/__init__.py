"""``alpr-edge audit``: the access log, who looked at what and why."""
