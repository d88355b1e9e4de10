"""Every table of the lake, declared once. Standard library only, so that schedules can import it."""
