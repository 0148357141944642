"""The evidence: sessions, hash chain, replay, verify."""
