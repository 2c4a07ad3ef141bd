//! QR codes as PNG.

use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, QrCode};
use service::{Error, Result};

/// The PNG of a QR code, black on white, with the quiet zone that readers need.
pub(crate) fn png(text: &str) -> Result<Vec<u8>> {
    let code = QrCode::new(text).map_err(Error::internal)?;
    let modules = code.width();
    let colors = code.into_colors();
    let side = (modules + 2 * QUIET) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let (Some(column), Some(row)) = ((x / SCALE).checked_sub(QUIET), (y / SCALE).checked_sub(QUIET))
        else {
            return false;
        };
        column < modules && colors.get(row * modules + column) == Some(&Color::Dark)
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| if is_dark(x, y) { 0 } else { u8::MAX })
        .collect();

    let side = u32::try_from(side).map_err(Error::internal)?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(Error::internal)?;
    writer.write_image_data(&pixels).map_err(Error::internal)?;
    writer.finish().map_err(Error::internal)?;
    Ok(bytes)
}

/// Pixels a side of a module has.
const SCALE: usize = 4;
/// Modules of white around the code (ISO/IEC 18004).
const QUIET: usize = 4;
