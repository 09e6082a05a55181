"""``[advise]``: which doses are looked for, and within what."""
