"""The LevelDB databases of master and replica, in geth's key layout."""
