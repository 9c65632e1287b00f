//! Plots as SVG: bars and lines.

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;
use std::path::Path;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Dark enough and apart enough for every eye (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
];
const WIDTH: u32 = 860;
const FONT: &str = "sans-serif";

/// How the axis of the values runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Every step is ten times the one before.
    Log,
}

/// One series: its name, its values in the order of the labels (bars), or at these places (lines).
pub struct Bars {
    pub name: String,
    /// None: not measured.
    pub values: Vec<Option<f64>>,
}

/// The points of one line.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// Horizontal bars, one group a label, one bar a series. A linear axis reaches 1 at least.
pub fn bars(file: &Path, title: &str, unit: &str, scale: Scale, labels: &[String], series: &[Bars]) -> Outcome {
    let rows = labels.len().max(1);
    let height = 120 + 22 * (rows * series.len().max(1)) as u32 + 10 * rows as u32 + 20 * series.len() as u32;
    let all = || series.iter().flat_map(|bars| bars.values.iter().flatten().copied());
    let greatest = all().fold(f64::MIN_POSITIVE, f64::max) * 1.15;
    // The bars of a logarithmic axis begin a step below the least value.
    let least = match scale {
        Scale::Linear => 0.0,
        Scale::Log => 10_f64.powf((all().filter(|v| *v > 0.0).fold(greatest, f64::min)).log10().floor() - 1.0),
    };
    let place = |value: f64| match scale {
        Scale::Linear => value,
        Scale::Log => value.max(least).log10(),
    };
    let end = match scale {
        Scale::Linear => greatest.max(1.0),
        Scale::Log => greatest.log10().ceil(),
    };
    let marks = match scale {
        Scale::Linear => tenths(end),
        Scale::Log => decades(place(least), end),
    };
    // Below the bars, for the legend.
    let room = if series.len() > 1 { rows as f64 * 22.0 * series.len() as f64 / f64::from(height - 120) } else { 0.0 };
    let root = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 18))
        .margin(12)
        .margin_right(36)
        .x_label_area_size(44)
        .y_label_area_size(230)
        .build_cartesian_2d(Axis { range: place(least)..end, marks }, -room..rows as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .x_label_formatter(&|x| if scale == Scale::Log { number(10_f64.powf(*x)) } else { number(*x) })
        .x_desc(unit)
        .label_style((FONT, 13))
        .light_line_style(TRANSPARENT)
        .draw()?;
    let label = TextStyle::from((FONT, 13).into_font()).pos(Pos::new(HPos::Right, VPos::Center));
    chart.draw_series(labels.iter().enumerate().map(|(row, text)| {
        let middle = rows as f64 - row as f64 - 0.5;
        EmptyElement::at((place(least), middle)) + Text::new(text.clone(), (-8, 0), label.clone())
    }))?;
    let thick = 0.84 / series.len().max(1) as f64;
    let value_style = TextStyle::from((FONT, 12).into_font()).pos(Pos::new(HPos::Left, VPos::Center));
    for (nth, bars) in series.iter().enumerate() {
        let colour = COLOURS[nth % COLOURS.len()];
        let measured: Vec<(f64, f64)> = (bars.values.iter().take(rows).enumerate())
            .filter_map(|(row, value)| {
                let top = rows as f64 - row as f64 - 0.08 - nth as f64 * thick;
                value.map(|value| (top, value))
            })
            .collect();
        chart
            .draw_series(measured.iter().map(|(top, value)| {
                Rectangle::new([(place(least), *top), (place(*value), top - thick * 0.92)], colour.filled())
            }))?
            .label(&bars.name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.filled()));
        chart.draw_series(measured.iter().map(|(top, value)| {
            EmptyElement::at((place(*value), top - thick * 0.46))
                + Text::new(number(*value), (5, 0), value_style.clone())
        }))?;
    }
    if series.len() > 1 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.3))
            .label_font((FONT, 13))
            .draw()?;
    }
    root.present()?;
    Ok(())
}

/// Lines over a logarithmic axis from left to right; the axis upwards begins at 0 and reaches `reach` at least.
pub fn lines(file: &Path, title: &str, across: &str, (upwards, reach): (&str, f64), series: &[Line]) -> Outcome {
    let all = || series.iter().flat_map(|line| line.points.iter().copied());
    let greatest = all().map(|p| p.1).fold(f64::MIN_POSITIVE, f64::max) * 1.1;
    let greatest = greatest.max(reach);
    let right = all().map(|p| p.0).fold(1.0, f64::max).log10();
    let left = all().map(|p| p.0.max(1.0)).fold(f64::MAX, f64::min).min(10_f64.powf(right)).log10().floor();
    let right = right.max(left + 1.0);
    // To the right of the lines, for the legend.
    let end = right + 0.3 * (right - left);
    let root = SVGBackend::new(file, (WIDTH, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 18))
        .margin(12)
        .margin_right(36)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(Axis { range: left..end, marks: decades(left, right) }, 0.0..greatest)?;
    chart
        .configure_mesh()
        .x_label_formatter(&|x| number(10_f64.powf(*x)))
        .y_label_formatter(&|y| number(*y))
        .x_desc(across)
        .y_desc(upwards)
        .label_style((FONT, 13))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (nth, line) in series.iter().enumerate() {
        let colour = COLOURS[nth % COLOURS.len()];
        let points: Vec<(f64, f64)> = line.points.iter().map(|(x, y)| (x.max(1.0).log10(), *y)).collect();
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(3)));
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 4, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 13))
        .draw()?;
    root.present()?;
    Ok(())
}

/// An axis from left to right with these marks.
struct Axis {
    range: Range<f64>,
    marks: Vec<f64>,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// The whole powers of ten between two exponents.
fn decades(from: f64, to: f64) -> Vec<f64> {
    (from.ceil() as i32..=(to + 1e-9).floor() as i32).map(f64::from).collect()
}

/// Ten to a hundred marks from 0 to `end`, a power of ten apart.
fn tenths(end: f64) -> Vec<f64> {
    let step = 10_f64.powf(end.log10().floor() - 1.0);
    (0..=(end / step + 1e-9).floor() as i32).map(|nth| f64::from(nth) * step).collect()
}

/// A number for an axis or a bar.
fn number(value: f64) -> String {
    match value {
        v if v >= 1000.0 => super::spread::count(v.round()),
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => trimmed(format!("{v:.1}")),
        v if v >= 0.1 || v == 0.0 => trimmed(format!("{v:.2}")),
        v if v >= 0.001 => trimmed(format!("{v:.3}")),
        v => format!("{v:.1e}"),
    }
}

/// Without needless zeros.
fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
