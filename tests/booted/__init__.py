"""A real systemd, booted on a throw-away copy of this system's root, with our units in it."""
