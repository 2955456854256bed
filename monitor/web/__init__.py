"""The one way out: a guarded, paced, polite HTTP GET."""
