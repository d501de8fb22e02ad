"""What runs: master, replica, txrelay."""
