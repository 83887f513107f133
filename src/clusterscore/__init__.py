"""clusterscore."""
