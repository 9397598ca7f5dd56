//! The decisions of Buttress.
