"""What guidelines, labels and published work say of this patient and these drugs."""

from pkinteract.guidance.fire import fire, gravest
from pkinteract.guidance.types import Guidance

__all__ = ["Guidance", "fire", "gravest"]
