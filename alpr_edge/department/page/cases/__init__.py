"""The pages of what is done for a case over all units: holds of reads, packages of evidence."""
