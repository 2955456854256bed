"""tender-monitor: reads procurement portals and tells when a watched product is bought."""
