"""Looking forward: a scheme simulated, systems compared, and advice on which fits."""
