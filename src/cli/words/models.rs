//! Events about models and the machine in words.

use crate::engine::Event;
use crate::engine::event::Benchmark;
use std::fmt::Write as _;

/// One of these events in words.
pub(super) fn describe(event: &Event) -> String {
    match event {
        Event::Models { models } => {
            let width = models.iter().map(|m| m.name.chars().count()).max().unwrap_or(0);
            let lines = models.iter().map(|m| {
                let here = m
                    .path
                    .as_ref()
                    .map_or_else(String::new, |p| format!("\n{:width$}  here: {p}", ""));
                let size = crate::models::bytes(m.bytes);
                format!(
                    "{:width$}  {size:>8}  {}. {} ({}){here}",
                    m.name, m.title, m.good_for, m.licence
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        Event::Fetched { name, path, bytes, .. } => {
            format!(
                "{name} is here: {path} ({})\nuse it with --model {name}",
                crate::models::bytes(*bytes)
            )
        }
        Event::Model {
            layout,
            image_size,
            patch,
            width,
            layers,
            embed,
            text_layers,
            parameters,
            heads,
            activation,
            ..
        } => {
            format!(
                "{layout}: {image_size} px, patches of {patch} px, width {width}, {layers} layers, {heads} heads, {activation}; \
                 embedding {embed}, {text_layers} text layers; {parameters} parameters"
            )
        }
        Event::Device { kind, name, checks } => {
            let mut text = format!("device: {name} ({kind})");
            for c in checks {
                let _ = write!(text, "\n[{}] {}: {}", if c.ok { "ok" } else { "!!" }, c.name, c.detail);
            }
            text
        }
        Event::Bench(Benchmark::Job { name, values }) => {
            let values: Vec<String> = values.iter().map(|(k, v)| format!("{k} {v:.3}")).collect();
            format!("{name}: {}", values.join(", "))
        }
        // A line of a table.
        Event::Bench(Benchmark::Unit(unit)) => {
            let memory = unit
                .peak_memory_mb
                .map_or_else(String::new, |mb| format!("{mb:>9.0} MB"));
            format!("{:<24}{:>12.3} {:<10}{memory}", unit.unit, unit.value, unit.per)
        }
        _ => String::new(),
    }
}
