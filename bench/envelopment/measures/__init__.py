"""How far is a unit from best practice, and along which path: one module per measure."""
