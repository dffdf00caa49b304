"""Drops frames where nothing may be collected, and keeps that on record."""
