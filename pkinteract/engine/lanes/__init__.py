"""Sixteen runs at once in compiled code: populations, fits, profiles, designs."""
