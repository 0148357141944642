"""The dialogues by which a client proves itself to us, and we to the target."""
