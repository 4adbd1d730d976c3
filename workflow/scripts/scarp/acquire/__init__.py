"""Getting the data of an event from where it is published."""
