"""The sections of a model file: about the data and the analysis, the chain, the rule blocks, rounding and cases."""
