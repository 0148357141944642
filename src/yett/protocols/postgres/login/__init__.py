"""How a session begins: the client proves who it is, and the gate logs in to the target."""
