"""PostgreSQL: the frontend/backend protocol 3.0 and 3.2, relayed and understood."""
