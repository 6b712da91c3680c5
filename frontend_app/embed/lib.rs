//! Embeds the built web app.
