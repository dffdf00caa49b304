"""Lists in the database: generations, downloads, sync state and officers' entries."""
