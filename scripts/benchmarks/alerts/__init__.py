"""Measures what alerting hears and what it sounds wrongly, before and after a change of it, from the same looks."""
