"""What people do for a case over all units, signed in and on record: holds of reads, packages of evidence."""
