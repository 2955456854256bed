"""What proves the rest: check it, copy it, put it back, let old captures go."""
