"""The log between a master and its replicas: one interface, several implementations."""
