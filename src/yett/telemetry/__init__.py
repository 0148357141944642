"""What we tell other systems: metrics and logs."""
