"""Our database, behind interfaces that other rooms own."""
