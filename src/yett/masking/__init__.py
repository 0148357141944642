"""What data is sensitive, by where it stands and by what it looks like, and what replaces it."""
