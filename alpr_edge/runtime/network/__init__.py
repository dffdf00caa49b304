"""Connections to other machines that end in time, TLS for servers, and how often an address may try wrongly."""
