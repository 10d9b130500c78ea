"""What people see: the page, its form, the result of a call, and refusals."""
