"""Runs as files for those who have no dltui: a page, a slide, a film."""
