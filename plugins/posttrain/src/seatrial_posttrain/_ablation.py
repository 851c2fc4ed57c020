"""Which part of a recipe's data is trained on."""

from __future__ import annotations

from attrs import frozen

from seatrial import Case
from seatrial.errors import ParameterError

from ._sources import DOMAINS, STAGES, domain_of, stage_of

__all__ = ["Ablation"]

MIX = "mix"


@frozen
class Ablation:
    """Stages and a domain, as in FinDAP's study ({CPT, IT, PA} × {in, general, mix})."""

    stages: tuple[str, ...] = STAGES
    domain: str = MIX

    @classmethod
    def read(cls, given: str | None) -> Ablation:
        """Read "cpt-in" or "cpt+it-mix". Raises `ParameterError` for anything else."""
        if given is None:
            return cls()
        names, _, domain = str(given).partition("-")
        stages = tuple(names.split("+"))
        if set(stages) - set(STAGES) or domain not in (*DOMAINS, MIX):
            msg = (
                f"ablation must be stages of {', '.join(STAGES)} joined by '+', and one of "
                f"{', '.join((*DOMAINS, MIX))}, as in 'cpt-in' or 'cpt+it-mix', not {given!r}"
            )
            raise ParameterError(msg)
        return cls(stages, domain)

    def takes(self, case: Case) -> bool:
        """Say whether a case is trained on.

        Preferences alone are aligned after all of the first stage, as in the paper: from a model
        that was not trained before they do worse.
        """
        stage = stage_of(case)
        if self.stages == ("pa",) and stage != "pa":
            return True
        return stage in self.stages and self.domain in (MIX, domain_of(case))
