"""Whether a saved result is as it was written, and can be made again from what lies beside it."""

from __future__ import annotations

from bench.manifest import saved_record
from bench.verification.verify import Finding, Verification, verify

__all__ = ["Finding", "Verification", "saved_record", "verify"]
