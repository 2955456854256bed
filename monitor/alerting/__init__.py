"""From a match to an accepted message."""
