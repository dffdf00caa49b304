"""Lists and roster for those who look after them: what is in force, who has it, and how the next is published."""
