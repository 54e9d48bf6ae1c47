"""One module for each page of the site: its figures and its measurements."""
