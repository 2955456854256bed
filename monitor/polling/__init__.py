"""One round of one source: lists, rows, notices, decisions."""
