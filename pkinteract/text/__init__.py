"""Files in and out, which know no drug."""
