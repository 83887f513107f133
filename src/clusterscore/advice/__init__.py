"""What follows from the published scores: recommendations, what-if, levels, partners, the register."""
