//! The hub's decisions: store choice, rider scores, prices, the saga's steps. Pure.
