"""Rules in, Decision out."""
