//! The checks must find what is wrong: small trees with one fault each.

use crate::rules::{Order, Table, circles_below, reserved};
use crate::tree::Tree;

/// A tree of files that are written here.
fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::new(&|wanted| {
        let found = files.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, text)| (*text).to_owned())
    })
}

const TABLE: &str = "
| Room | What it holds | Imports |
|---|---|---|
| `top` | all | everything below |
| `mid` | some | `low::open` |
| `low` | little | |
| `support` | helps | |
";

const ROOMS: &str = "pub mod top; pub mod mid; pub mod low; pub mod support;";

fn foreign(top: &str, mid: &str, low: &str) -> Vec<String> {
    let tree = tree(&[
        ("lib.rs", ROOMS),
        ("top.rs", top),
        ("mid.rs", mid),
        ("low/mod.rs", low),
        ("low/open.rs", "pub struct A; pub(super) fn f() {}"),
        ("low/shut.rs", "pub fn g() {}"),
        ("support.rs", "pub fn h() {}"),
    ]);
    let table = Table::read(TABLE);
    assert_eq!(table.faults(&tree), Vec::<String>::new());
    table.violations(&tree.mentions())
}

const LOW: &str = "pub mod open; pub mod shut;";
const MID: &str = "use crate::low::open::A; use crate::support::h;";

#[test]
fn a_tree_that_keeps_the_rules_passes() {
    assert_eq!(
        foreign("use crate::{low::shut, mid}; use crate::support;", MID, LOW),
        Vec::<String>::new()
    );
}

#[test]
fn a_foreign_edge_is_found_however_it_is_written() {
    let low = |body: &str| foreign("", MID, &format!("{LOW} {body}"));
    assert_eq!(low("use crate::mid;").len(), 1);
    assert_eq!(
        low("use crate::{support, top::x};"),
        ["src/low/mod.rs:1: low may not import top::x"]
    );
    assert_eq!(low("fn f() -> crate::mid::B { loop {} }").len(), 1);
    assert_eq!(low("fn f() { super::mid::f() }").len(), 1);
    assert_eq!(low("mod deep { fn f() { super::super::top::f() } }").len(), 1);
    assert_eq!(low("macro_rules! m { () => { $crate::mid::f() } }").len(), 1);
    // An alias, and a path that begins with what was imported.
    assert_eq!(low("use crate as all; fn f() { all::mid::f() }").len(), 1);
    assert_eq!(
        low("// crate::mid\nfn f() -> &str { \"crate::mid\" }"),
        Vec::<String>::new()
    );
    assert_eq!(low("#[cfg(test)] mod tests { use crate::mid; }"), Vec::<String>::new());
}

#[test]
fn a_part_of_a_room_is_not_the_room() {
    let found = foreign("", "use crate::low::{open::A, shut};", LOW);
    assert_eq!(found, ["src/mid.rs:1: mid may not import low::shut"]);
}

#[test]
fn a_table_that_does_not_fit_the_code_is_found() {
    let unused = foreign("", "", LOW);
    assert_eq!(unused, ["the table lets mid import low::open, which it does not"]);
    let tree = tree(&[
        ("lib.rs", "mod top; mod mid; mod more;"),
        ("top.rs", ""),
        ("mid.rs", ""),
        ("more.rs", ""),
    ]);
    let faults = Table::read(&TABLE.replace("| little | |", "| little | `mid` |")).faults(&tree);
    assert_eq!(
        faults,
        [
            "more is not in the table",
            "low is in the table and not in lib.rs",
            "support is in the table and not in lib.rs",
            "low may import mid, which does not stand below it",
        ]
    );
}

const ORDER: &str = "
| Folder | What it holds | May import within `app` |
|---|---|---|
| `model` | data | nothing |
| `update` | changes | `model` |
| `view` | screens | `model` |
| `services` | threads | `model` |
| `shell*`, `mod.rs` | join | all |
";

fn window(tree: &Tree) -> Vec<String> {
    crate::rules::window(tree, &tree.mentions(), &Order::read(ORDER))
}

/// A window with these files beside a model of one.
fn app(files: &[(&str, &str)]) -> Tree {
    let mut all = vec![
        ("lib.rs", "pub mod app;"),
        (
            "app/mod.rs",
            "mod model; mod services; mod shell; mod update; mod view; pub use model::State;",
        ),
        (
            "app/model/mod.rs",
            "pub mod notices; pub struct State { pub notices: notices::Notices }",
        ),
        ("app/model/notices.rs", "pub struct Notices;"),
        ("app/services/mod.rs", "use super::model::State;"),
        (
            "app/update/mod.rs",
            "use crate::app::model::State; pub fn update(state: &mut State) {}",
        ),
        (
            "app/view/mod.rs",
            "use crate::app::State; use egui::Ui; pub fn draw(ui: &mut Ui, state: &State) {}",
        ),
        (
            "app/shell.rs",
            "use super::{model, update::update, view}; fn f(s: &mut model::State) { update(s); view::draw(s) }",
        ),
    ];
    for (name, text) in files {
        all.retain(|(known, _)| known != name);
        all.push((name, text));
    }
    tree(&all)
}

#[test]
fn the_windows_order_is_kept_and_breaking_it_is_found() {
    let broken = |file: &str, text: &str| window(&app(&[(file, text)]));
    let sound = app(&[]);
    assert_eq!(window(&sound), Vec::<String>::new());
    assert_eq!(circles_below(&sound, "app", "app/"), Vec::<String>::new());
    for (file, text) in [
        ("app/model/notices.rs", "use crate::app::update::update;"),
        ("app/model/notices.rs", "use crate::app::shell::run;"),
        ("app/update/mod.rs", "use crate::app::view;"),
        ("app/update/mod.rs", "fn f() { super::services::start() }"),
        ("app/update/mod.rs", "use std::thread; "),
        ("app/update/mod.rs", "use std::sync::mpsc::Sender;"),
        (
            "app/update/mod.rs",
            "use std::time::Instant; fn f() { Instant::now(); }",
        ),
        ("app/update/mod.rs", "fn f() { std::time::SystemTime::now(); }"),
        ("app/model/notices.rs", "pub struct Notices(egui::Color32);"),
        ("app/model/notices.rs", "use egui::Color32;"),
        ("app/view/mod.rs", "use super::update::update;"),
        ("app/view/mod.rs", "use super::services;"),
        ("app/services/mod.rs", "use super::update::{self};"),
        ("app/services/mod.rs", "use crate::app::view::draw;"),
    ] {
        assert_eq!(broken(file, text).len(), 1, "{file}: {text}: {:?}", broken(file, text));
    }
    let tree = app(&[
        (
            "app/mod.rs",
            "mod model; mod services; mod shell; mod update; mod view; mod stray; pub use model::State;",
        ),
        ("app/stray.rs", ""),
    ]);
    assert_eq!(
        window(&tree),
        ["src/app/stray.rs: stands in no row of the window's order"]
    );
}

#[test]
fn circles_of_files_are_found() {
    let circles = |files: &[(&str, &str)]| circles_below(&app(files), "app", "app/");
    let two = circles(&[
        ("app/view/mod.rs", "mod a; mod b; pub fn draw() {}"),
        ("app/view/a.rs", "use super::b::B; pub struct A;"),
        ("app/view/b.rs", "pub struct B; fn f() { super::a::A; }"),
    ]);
    assert_eq!(
        two,
        ["a circle of 2 files:\n  app/view/a.rs -> app/view/b.rs\n  app/view/b.rs -> app/view/a.rs"]
    );
    // Three, the last one through a name that the parent passes on.
    let three = circles(&[
        ("app/view/mod.rs", "mod a; mod b; mod c; pub use a::A; pub fn draw() {}"),
        ("app/view/a.rs", "use super::b::*; pub struct A;"),
        ("app/view/b.rs", "use super::c; pub struct B; fn f() { c::f() }"),
        ("app/view/c.rs", "pub fn f() -> super::A { loop {} }"),
    ]);
    assert_eq!(three.len(), 1);
    assert!(three[0].starts_with("a circle of 3 files"), "{three:?}");
    // A parent that declares a child and passes its names on, and a child that takes what the parent defines: no circle.
    let parent = "mod a; pub use a::A; pub struct P; pub fn draw() {}";
    let child = ("app/view/a.rs", "use super::P; pub struct A(P);");
    assert_eq!(circles(&[("app/view/mod.rs", parent), child]), Vec::<String>::new());
    // Where the parent uses the child as well it is one.
    for parent in [
        "mod a; pub use a::A; pub struct P; fn f(a: A) {}",
        "mod a; pub struct P; fn f() { a::g() }",
        "mod a; use a::A; pub struct P;",
    ] {
        assert_eq!(circles(&[("app/view/mod.rs", parent), child]).len(), 1, "{parent}");
    }
    // Only for tests: none.
    let tests = "use super::P; pub struct A(P); #[cfg(test)] mod tests { use super::super::b::B; }";
    let other = ("app/view/b.rs", "use super::a::A; pub struct B;");
    let parent = ("app/view/mod.rs", "mod a; mod b; pub struct P; pub fn draw() {}");
    assert_eq!(
        circles(&[parent, ("app/view/a.rs", tests), other]),
        Vec::<String>::new()
    );
}

#[test]
fn what_only_one_room_may_do_is_found_elsewhere() {
    let found = |low: &str| {
        let tree = tree(&[
            ("lib.rs", "mod app; mod cli; mod compute; mod low;"),
            ("app.rs", "use egui::Ui;"),
            ("cli.rs", "fn f() { println!(\"{}\", 1); }"),
            ("compute.rs", "fn f() { burn::tensor::Device::flex(); }"),
            ("low.rs", low),
        ]);
        reserved(&tree, &tree.mentions())
    };
    assert_eq!(
        found("fn f() { writeln!(x); tracing::info!(y); print(z); }"),
        Vec::<String>::new()
    );
    assert_eq!(found("fn f() { println!(\"a\"); }"), ["src/low.rs:1: only cli prints"]);
    assert_eq!(found("use burn::tensor::Device; fn f() { Device::flex() }").len(), 1);
    assert_eq!(found("use egui_extras::TableBuilder;").len(), 1);
    assert_eq!(found("fn f(ui: &mut egui::Ui) {}").len(), 1);
    assert_eq!(
        found("#[cfg(test)] mod tests { fn f() { println!(); } }"),
        Vec::<String>::new()
    );
}
