"""What the pages of the site and the commands of the workshop share."""
