"""Which systems fit an account and why: drivers, arguments, reasons and claims, put together as advice."""
