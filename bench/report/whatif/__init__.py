"""What if, on the page: the workbook's formulas in a form a page can work out, and the sliders that move them."""
