//! Who may come in, and who is shown out.
