"""What many tests share: servers, a whole monitor, its real process, time, damage, disks."""
