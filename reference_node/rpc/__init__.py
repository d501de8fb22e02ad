"""The JSON-RPC server and its methods."""
