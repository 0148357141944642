"""What a statement does, from PostgreSQL's own grammar."""
