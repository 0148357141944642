"""What the gate shows to a target: credentials from the environment, from files, or from a command."""
