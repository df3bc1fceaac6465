"""Production with by-products that nobody wants."""
