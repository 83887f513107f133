"""From what people write to canonical text: numbers of either locale, money and measures, Romanian letters."""
