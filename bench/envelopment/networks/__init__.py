"""Units that consist of stages."""
