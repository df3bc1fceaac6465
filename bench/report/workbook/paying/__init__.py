"""What is paid, when and by whom: budget, bill, payments, and others' money."""
