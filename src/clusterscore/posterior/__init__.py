"""Step 4: what we believe now."""
