"""Rules as data: which drug goes with which patient and which other drug, who says so, and why."""

from pkinteract.library.guidance.rules import Rule, RuleText, drug_groups, read_rules, rules_of

__all__ = ["Rule", "RuleText", "drug_groups", "read_rules", "rules_of"]
