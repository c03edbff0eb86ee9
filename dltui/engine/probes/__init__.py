"""Probes: what [probe.NAME] names; each looks at one learner and changes nothing."""
