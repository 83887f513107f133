"""Step 1: files exactly as received."""
