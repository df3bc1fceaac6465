"""The closed loop: a frontier that a simulation measures again every year."""
