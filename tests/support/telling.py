"""What the engine and the oracle are compared by: every number of a finding, and its sessions."""

from __future__ import annotations

from oracle import Told

from linkwork.findings import Finding


def told(finding: Finding) -> Told:
    """The part of a finding the oracle speaks of."""
    return Told(
        finding.pupil_id,
        finding.trigger,
        finding.status,
        finding.age,
        finding.value,
        finding.threshold,
        finding.possible,
        finding.first,
        finding.last,
        finding.ended,
        finding.at_least,
        finding.at_most,
        tuple((c.date, c.half, c.code) for c in finding.why),
        finding.missing,
        tuple((w.date, w.half, w.due) for w in finding.waiting),
        finding.window,
        finding.parts,
        finding.before,
        finding.unknown,
    )
