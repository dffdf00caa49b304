"""The receiving side: takes what units deliver, stores each item once and answers with the digest of what it stored."""
