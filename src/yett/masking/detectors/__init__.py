"""What sensitive values look like: one file for each kind, each with the checks that keep look-alikes out."""
