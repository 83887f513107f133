"""Step 5: what we publish."""
