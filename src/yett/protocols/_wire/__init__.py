"""The few words that every protocol's relay and the driver share."""
