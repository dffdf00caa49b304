"""Where a department's images lie: a folder or a bucket, encrypted under keys of a day."""
