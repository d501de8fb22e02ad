"""How questions get to an endpoint and replies come back: HTTP, WebSocket, batches, limits; nothing is judged here."""
