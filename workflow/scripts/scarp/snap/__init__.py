"""The SNAP route: graphs for SNAP's Graph Processing Tool (gpt), their check, and their output."""
