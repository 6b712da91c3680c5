//! What clients send over an upgraded connection, before anything of it is a frame.

/// The first byte tells how many of the others come at once.
pub fn websocket_stream(data: &[u8]) {
    if let Some((at_once, bytes)) = data.split_first() {
        edge::fuzzing::websocket_stream(bytes, usize::from(*at_once));
    }
}
