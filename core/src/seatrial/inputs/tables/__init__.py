"""Rows of files, folders and data frames, and the cases and answers that they hold."""
