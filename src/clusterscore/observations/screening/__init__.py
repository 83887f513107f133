"""Domain screening: what is possible but unlikely, found before the model sees it and shown to a person."""
