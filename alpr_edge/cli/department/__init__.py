"""department."""
