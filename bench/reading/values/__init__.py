"""What cells mean: numbers, amounts, measures, years, and values in the wrong measure."""
