"""The units of the department for those who look after them: what each says of itself, and the end of one."""
