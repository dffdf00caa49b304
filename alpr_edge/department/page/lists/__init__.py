"""The pages of hotlists and roster: what is in force, which unit has it since when, and how the next is published."""
