//! The picture of the table: a bar for each server and figure, as multiples of the first server's.

use std::path::Path;

use anyhow::anyhow;
use plotters::prelude::*;

/// How high a bar is, in pixels, with what is between it and the next one.
const ROW: usize = 16;
const WIDTH: u32 = 1_000;
/// What is left for names, in pixels.
const NAMES: u32 = 460;
const FONT: (&str, u32) = ("sans-serif", 13);
/// One for each server, far from each other in light and dark.
const COLORS: [RGBColor; 3] = [
    RGBColor(120, 120, 120),
    RGBColor(214, 93, 32),
    RGBColor(58, 110, 165),
];

/// Draws `shares`, a row of multiples for each figure, into an SVG file.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn draw(
    file: &Path,
    servers: &[&str],
    shares: &[(&str, Vec<f64>)],
) -> anyhow::Result<()> {
    // One row between figures, which has no bar.
    let rows = servers.len() + 1;
    let height = u32::try_from(shares.len() * rows * ROW + 90)?;
    let end = i32::try_from(shares.len() * rows)?;
    let all = shares.iter().flat_map(|(_, shares)| shares).copied();
    // A server of which too little was seen gives no number, or none that ends.
    let most = all.filter(|share| share.is_finite()).fold(1.0, f64::max);
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    let failed = |error: DrawingAreaErrorKind<_>| anyhow!("{}: {error}", file.display());
    area.fill(&WHITE).map_err(failed)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .caption("Multiples of what the first one needs", ("sans-serif", 18))
        .x_label_area_size(30)
        .y_label_area_size(NAMES)
        // The first figure is on top.
        .build_cartesian_2d(0.0..most * 1.05, end..0)
        .map_err(failed)?;
    let name_at = |row: &i32| {
        let row = usize::try_from(*row).unwrap_or_default();
        let is_middle = row % rows == rows / 2;
        let figure = shares.get(row / rows).filter(|_| is_middle);
        figure.map_or_else(String::new, |(name, _)| (*name).to_owned())
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(shares.len() * rows)
        .y_label_formatter(&name_at)
        .label_style(FONT)
        .draw()
        .map_err(failed)?;
    for (nth, (server, color)) in servers.iter().zip(COLORS).enumerate() {
        let bars = shares.iter().enumerate().filter_map(|(at, (_, shares))| {
            let top = i32::try_from(at * rows + nth).ok()?;
            let share = *shares.get(nth)?;
            let corners = [(0.0, top), (share, top + 1)];
            share
                .is_finite()
                .then(|| Rectangle::new(corners, color.filled()))
        });
        chart
            .draw_series(bars)
            .map_err(failed)?
            .label(*server)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], color.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .label_font(FONT)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()
        .map_err(failed)?;
    area.present().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_has_its_name_and_a_bar_for_each_server_that_was_measured() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("table.svg");
        let shares = [
            ("a message", vec![1.0, 4.0]),
            ("a visit", vec![1.0, f64::NAN]),
            ("idle", vec![1.0, f64::INFINITY]),
        ];

        draw(&file, &["bare", "ours"], &shares).expect("a picture");

        let picture = std::fs::read_to_string(&file).expect("the file");
        for text in ["a message", "a visit", "bare", "ours"] {
            assert_eq!(picture.matches(text).count(), 1, "{text}");
        }
        let bars = |color: &str| picture.matches(&format!("fill=\"{color}\"")).count();
        // One of each is the legend's.
        assert_eq!((bars("#787878"), bars("#D65D20")), (4, 2));
    }
}
