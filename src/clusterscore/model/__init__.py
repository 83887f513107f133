"""Step 3: what we assume."""
