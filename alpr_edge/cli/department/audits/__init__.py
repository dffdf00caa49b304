"""``alpr-edge department audit``: the access logs, checked, audited and proved (policy 462.6(c))."""
