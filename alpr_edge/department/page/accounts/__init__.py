"""The pages of one's own account: sessions, password, passkeys and code."""
