"""Doses that keep a level where it should be while everything else changes: which drug, on which days, what tablets."""
