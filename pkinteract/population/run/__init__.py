"""Virtual patients computed: blocks, partitions, and who computes them."""
