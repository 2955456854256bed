"""Attachments: bytes of any office format to lines and tables, page by page."""
