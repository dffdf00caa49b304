"""Where a department's images lie, a folder or a bucket, and the keys of a day under which they are encrypted."""
