"""The workbook: inputs, calculations and outputs as live formulas."""
