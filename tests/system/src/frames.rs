//! WebSocket frames made and read by hand, for what no well-behaved library sends.

use std::io;

use tokio::{io::AsyncReadExt, net::TcpStream};

/// A frame that continues a message.
pub const CONTINUATION: u8 = 0x0;
/// A text frame.
pub const TEXT: u8 = 0x1;
/// A binary frame.
pub const BINARY: u8 = 0x2;
/// A close frame.
pub const CLOSE: u8 = 0x8;
/// A ping frame.
pub const PING: u8 = 0x9;
/// A pong frame.
pub const PONG: u8 = 0xA;

/// A frame as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFrame {
    /// What kind of frame it is.
    pub opcode: u8,
    /// Whether the message ends with it.
    pub last: bool,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// A masked frame, as a client must send it.
pub fn masked(opcode: u8, last: bool, payload: &[u8]) -> Vec<u8> {
    let mask = [0x1F, 0x2E, 0x3D, 0x4C];
    let mut frame = head(opcode, last, 0x80, payload.len() as u64);
    frame.extend_from_slice(&mask);
    frame.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// A frame without a mask, which no client may send.
pub fn unmasked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(opcode, true, 0, payload.len() as u64);
    frame.extend_from_slice(payload);
    frame
}

/// The head of a masked frame that promises `length` bytes, with its mask but nothing after it.
pub fn promise(opcode: u8, length: u64) -> Vec<u8> {
    let mut frame = head(opcode, true, 0x80, length);
    frame.extend_from_slice(&[0; 4]);
    frame
}

/// Reads one frame of a server. `None`: the connection ended.
///
/// # Errors
/// When the connection breaks within a frame.
pub async fn read_frame(stream: &mut TcpStream) -> io::Result<Option<RawFrame>> {
    let mut head = [0; 2];
    if stream.read_exact(&mut head[..1]).await.is_err() {
        return Ok(None);
    }
    stream.read_exact(&mut head[1..]).await?;
    let length = match head[1] & 0x7F {
        126 => u64::from(stream.read_u16().await?),
        127 => stream.read_u64().await?,
        short => u64::from(short),
    };
    let length = usize::try_from(length).map_err(io::Error::other)?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    Ok(Some(RawFrame {
        opcode: head[0] & 0x0F,
        last: head[0] & 0x80 != 0,
        payload,
    }))
}

/// Reads the next frame that is none of a message: what others do may be told before it.
///
/// # Errors
/// When the connection breaks within a frame.
pub async fn read_control_frame(stream: &mut TcpStream) -> io::Result<Option<RawFrame>> {
    loop {
        match read_frame(stream).await? {
            Some(RawFrame {
                opcode: TEXT | CONTINUATION,
                ..
            }) => {}
            other => return Ok(other),
        }
    }
}

impl RawFrame {
    /// The code and reason of a close frame.
    pub fn close(&self) -> Option<(u16, String)> {
        let code = self
            .payload
            .first_chunk::<2>()
            .filter(|_| self.opcode == CLOSE)?;
        let reason = String::from_utf8_lossy(&self.payload[2..]).into_owned();
        Some((u16::from_be_bytes(*code), reason))
    }
}

fn head(opcode: u8, last: bool, mask: u8, length: u64) -> Vec<u8> {
    let mut head = vec![opcode | if last { 0x80 } else { 0 }];
    match length {
        0..=125 => head.push(mask | length.to_le_bytes()[0]),
        126..=0xFFFF => {
            head.push(mask | 126);
            head.extend_from_slice(&length.to_be_bytes()[6..]);
        }
        _ => {
            head.push(mask | 127);
            head.extend_from_slice(&length.to_be_bytes());
        }
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_has_its_form() {
        assert_eq!(unmasked(TEXT, b"hi"), [0x81, 2, b'h', b'i']);
        assert_eq!(unmasked(BINARY, &[0; 126])[..4], [0x82, 126, 0, 126]);
        assert_eq!(
            promise(TEXT, 1 << 16)[..10],
            [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0]
        );
    }

    #[test]
    fn a_mask_can_be_taken_off_again() {
        let frame = masked(CONTINUATION, false, b"soup");

        assert_eq!(frame[..2], [0x00, 0x84]);
        let plain: Vec<u8> = frame[6..]
            .iter()
            .zip(&frame[2..6])
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        assert_eq!(plain, b"soup");
    }
}
