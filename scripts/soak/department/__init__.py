"""Kills of a department's servers, its database and its bucket while cars deliver and are killed themselves."""
