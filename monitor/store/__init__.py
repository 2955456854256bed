"""The only SQLite."""
