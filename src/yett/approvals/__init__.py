"""When a person must say yes: tickets, who may answer them, and access for a while."""
