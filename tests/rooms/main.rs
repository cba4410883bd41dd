//! Who may know whom: every `use` and every path in `src` against the table of rooms in ARCHITECTURE.md, and against the order
//! within the window. What each check finds is shown on small made-up trees beside them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod made_up;
mod module;
mod rules;
mod source;
mod tree;

use rules::{Order, Table, circles_below, reserved, window};
use std::path::Path;
use tree::Tree;

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

fn architecture() -> String {
    read("ARCHITECTURE.md").expect("ARCHITECTURE.md")
}

fn program() -> Tree {
    Tree::new(&|file| read(&format!("src/{file}")))
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} found:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn rooms_import_what_the_table_allows() {
    let tree = program();
    let table = Table::read(&architecture());
    none(&table.faults(&tree));
    none(&table.violations(&tree.mentions()));
}

#[test]
fn only_the_room_that_may_prints_draws_and_makes_devices() {
    let tree = program();
    none(&reserved(&tree, &tree.mentions()));
}

#[test]
fn the_window_keeps_its_order() {
    let tree = program();
    none(&window(&tree, &tree.mentions(), &Order::read(&architecture())));
}

#[test]
fn the_windows_files_go_in_no_circle() {
    none(&circles_below(&program(), "app", "app/"));
}

#[test]
fn an_export_and_its_writers_go_in_no_circle() {
    none(&circles_below(&program(), "dataset", "dataset/formats/export"));
}
