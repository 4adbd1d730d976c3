"""The map of a new event: from its images to polygons."""
