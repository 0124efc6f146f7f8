//! Stories, the deterministic world, the demo and the scorecard.
