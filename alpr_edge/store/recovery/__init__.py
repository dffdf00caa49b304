"""Recovery from damage: replacement of the database, salvage, and refused records."""
