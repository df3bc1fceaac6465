"""Sizes that columns and vectors are laid out in, known without a compiler."""

#: Columns per block.
BLOCK = 64
#: Doubles and singles in a vector, and doubles in a short one.
DOUBLES, SINGLES, SHORT = 8, 16, 4
