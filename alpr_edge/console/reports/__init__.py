"""Pages of reports: choose the days, see the tables, print them."""
