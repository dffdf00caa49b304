"""How the notes of some records of the access log begin, by which reports tell them apart."""

DONE, NOT_DONE = "done", "not done"
"""How the notes begin of the records that say that a change was made, or was allowed and failed."""
WITHOUT_SESSION = "without a session: "
"""What stands before the reason for which the owner of the folder did not sign in, in a note on a change of people."""
EXPORTED_READS = "its reads"
"""How the notes begin of the records that name the reads of an export, or those of a release that its own record has no
room for; the export and the release have records of their own."""
