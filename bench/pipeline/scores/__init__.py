"""From a scheme of the sample to scores: who is measured, how, what corrects a score, and how sure it is."""
