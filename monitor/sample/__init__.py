"""The built-in sample portal: invented notices, served on loopback."""
