//! Training pictures of each label as bars with names: what the tail looks like.

use crate::app::model::words;
use crate::app::view::theme::{self, TextSize};
use crate::dataset::split::Group;
use eframe::egui::{self, Align2, FontId, Rect, Sense, Ui, pos2, vec2};

/// Labels that are shown one by one; of more, as many of the most and of the least frequent.
const SHOWN: usize = 24;

/// Least width of a bar with its name and number, and its height.
const BAR: [f32; 2] = [205.0, 24.0];

/// Labels in the order of their bars: most frequent first; of very many those at both ends, and how many lie between.
fn ends(positives: &[usize]) -> (Vec<usize>, Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..positives.len()).collect();
    order.sort_by_key(|c| std::cmp::Reverse(positives[*c]));
    let between = order.len().saturating_sub(SHOWN);
    if between == 0 {
        return (order, Vec::new(), 0);
    }
    let last = order.split_off(SHOWN / 2 + between);
    order.truncate(SHOWN / 2);
    (order, last, between)
}

/// Shows how many training pictures each label has.
pub(super) fn show(ui: &mut Ui, positives: &[usize], names: &[&str]) {
    if positives.is_empty() {
        return;
    }
    let most = positives.iter().copied().max().unwrap_or(1).max(1);
    let (first, last, between) = ends(positives);
    ui.add_space(theme::SMALL);
    rows(ui, &first, positives, names, most);
    if between > 0 {
        let words = words::counted(between, "label", "labels");
        ui.label(theme::quiet(ui, format!("… {words} between …")));
        rows(ui, &last, positives, names, most);
    }
    ui.add_space(theme::SMALL);
}

/// Bars beside and below each other.
fn rows(ui: &mut Ui, labels: &[usize], positives: &[usize], names: &[&str], most: usize) {
    let gap = theme::LARGE;
    let columns = (((ui.available_width() + gap) / (BAR[0] + gap)) as usize).max(1);
    let width = (ui.available_width() - gap * (columns - 1) as f32) / columns as f32;
    for row in labels.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for c in row {
                bar(ui, width, names[*c], (positives[*c], most));
            }
        });
    }
}

/// A name, a bar as long as its share of the most, a number.
fn bar(ui: &mut Ui, width: f32, name: &str, (count, most): (usize, usize)) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, BAR[1]), Sense::hover());
    let words = format!(
        "{name}: {}",
        words::counted(count, "training picture", "training pictures")
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &words));
    response.on_hover_text(words);
    let font = FontId::proportional(TextSize::Small.points());
    let (name_end, bar_end) = (rect.left() + 0.44 * width, rect.right() - 40.0);
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), font.clone(), p.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(0.44 * width - 6.0);
    let text = ui.painter().layout_job(job);
    let at = pos2(rect.left(), rect.center().y - text.size().y / 2.0);
    ui.painter().galley(at, text, p.text);
    // The root keeps the tail visible.
    let share = (count as f32 / most as f32).sqrt();
    let line = Rect::from_min_max(
        pos2(name_end, rect.center().y - 5.0),
        pos2(bar_end, rect.center().y + 5.0),
    );
    ui.painter().rect_filled(line, 3.0, p.hover);
    let full = line.with_max_x(line.left() + (line.width() * share).max(1.5));
    ui.painter().rect_filled(full, 3.0, p.groups[Group::of(count) as usize]);
    let at = pos2(rect.right(), rect.center().y);
    ui.painter()
        .text(at, Align2::RIGHT_CENTER, words::count(count), font, p.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_labels_both_ends_are_shown() {
        assert_eq!(ends(&[3, 9, 1]), (vec![1, 0, 2], Vec::new(), 0));
        let many: Vec<usize> = (0..80).collect();
        let (first, last, between) = ends(&many);
        assert_eq!((first.len(), last.len(), between), (12, 12, 56));
        assert_eq!((first[0], first[11], last[0], last[11]), (79, 68, 11, 0));
    }
}
