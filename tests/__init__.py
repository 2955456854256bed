"""The tests; a package, so that they can share the servers they run against."""
