//! The rules: the table of rooms in ARCHITECTURE.md, the order within the window, and what only one room may do.

use crate::tree::{Mention, Path, Tree, circles};
use std::collections::{BTreeMap, BTreeSet};

/// The table of rooms: each room in order, with the paths that it may import.
pub struct Table {
    rooms: Vec<(String, Allowed)>,
}

enum Allowed {
    Everything,
    /// A room, or a module within one.
    These(Vec<Path>),
}

/// Free for all rooms.
const FREE: &str = "support";

impl Table {
    /// Reads the table from the text of ARCHITECTURE.md: rows of `| room | what it holds | imports |`.
    pub fn read(text: &str) -> Self {
        let lines = text.lines().skip_while(|line| !line.starts_with("| Room |"));
        let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
        let rooms = rows.map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
            assert_eq!(cells.len(), 3, "a row of three cells: {row}");
            let room = quoted(cells[0]).next().expect("a room's name");
            let allowed = if cells[2].contains("everything below") {
                Allowed::Everything
            } else {
                let paths = quoted(cells[2]);
                Allowed::These(
                    paths
                        .map(|path| path.split("::").map(str::to_owned).collect())
                        .collect(),
                )
            };
            (room.to_owned(), allowed)
        });
        Self { rooms: rooms.collect() }
    }

    fn place(&self, room: &str) -> Option<usize> {
        self.rooms.iter().position(|(name, _)| name == room)
    }

    /// What is wrong with the table itself: rooms that are missing or too many, imports from above.
    pub fn faults(&self, tree: &Tree) -> Vec<String> {
        let real: BTreeSet<&str> = tree
            .modules()
            .filter(|(path, _)| path.len() == 1)
            .map(|(path, _)| &*path[0])
            .collect();
        let known: BTreeSet<&str> = self.rooms.iter().map(|(room, _)| &**room).collect();
        let mut faults: Vec<String> = Vec::new();
        faults.extend(
            real.difference(&known)
                .map(|room| format!("{room} is not in the table")),
        );
        faults.extend(
            known
                .difference(&real)
                .map(|room| format!("{room} is in the table and not in lib.rs")),
        );
        for (i, (room, allowed)) in self.rooms.iter().enumerate() {
            let Allowed::These(paths) = allowed else { continue };
            for path in paths {
                match self.place(&path[0]) {
                    Some(below) if below > i => {}
                    _ => faults.push(format!(
                        "{room} may import {}, which does not stand below it",
                        path.join("::")
                    )),
                }
            }
        }
        faults
    }

    /// Imports that the table does not allow, and allowed ones that no code needs any more.
    pub fn violations(&self, mentions: &[Mention]) -> Vec<String> {
        let mut needed: BTreeSet<(usize, &Path)> = BTreeSet::new();
        let mut foreign = Vec::new();
        for mention in mentions.iter().filter(|m| m.own && !m.path.is_empty()) {
            let (Some(from), to) = (mention.from.first(), &mention.path[0]) else {
                continue;
            };
            let (Some(i), Some(below)) = (self.place(from), self.place(to)) else {
                continue;
            };
            if from == to || to == FREE {
                continue;
            }
            let fits = match &self.rooms[i].1 {
                Allowed::Everything => below > i,
                Allowed::These(paths) => {
                    let fitting: Vec<&Path> = paths.iter().filter(|path| mention.path.starts_with(path)).collect();
                    needed.extend(fitting.iter().map(|path| (i, *path)));
                    !fitting.is_empty()
                }
            };
            if !fits {
                foreign.push(at(
                    mention,
                    &format!("{from} may not import {}", mention.path.join("::")),
                ));
            }
        }
        for (i, (room, allowed)) in self.rooms.iter().enumerate() {
            let Allowed::These(paths) = allowed else { continue };
            let unused = paths.iter().filter(|path| !needed.contains(&(i, *path)));
            foreign.extend(
                unused.map(|path| format!("the table lets {room} import {}, which it does not", path.join("::"))),
            );
        }
        foreign
    }
}

/// What stands between back quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn at(mention: &Mention, problem: &str) -> String {
    format!("src/{}:{}: {problem}", mention.file, mention.line)
}

/// The folders of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Model,
    Update,
    View,
    Services,
    /// `shell` and the room's root join the others.
    Shell,
}

/// Where a module within `app` belongs; `None`: nowhere.
fn layer(module: &[String]) -> Option<Layer> {
    match module.get(1).map(String::as_str) {
        None => Some(Layer::Shell),
        Some("model") => Some(Layer::Model),
        Some("update") => Some(Layer::Update),
        Some("view") => Some(Layer::View),
        Some("services") => Some(Layer::Services),
        Some(name) if name.starts_with("shell") => Some(Layer::Shell),
        Some(_) => None,
    }
}

/// Modules and imports within the window that break its order.
pub fn window(tree: &Tree, mentions: &[Mention]) -> Vec<String> {
    let in_app = |path: &[String]| path.first().is_some_and(|room| room == "app");
    let mut wrong: Vec<String> = tree
        .modules()
        .filter(|(path, _)| in_app(path) && layer(path).is_none())
        .map(|(_, module)| format!("src/{}: belongs to none of the window's folders", module.file))
        .collect();
    for mention in mentions.iter().filter(|m| in_app(&m.from)) {
        let Some(from) = layer(&mention.from) else { continue };
        if mention.own && in_app(&mention.path) {
            let target = mention.definer.as_ref().unwrap_or(&mention.path);
            // A module that is only named on the way to a part of it.
            let on_the_way = mention.definer.is_none() && target.len() == 1;
            let fits = layer(target).is_none_or(|to| from == Layer::Shell || to == from || to == Layer::Model);
            if !fits && !on_the_way && in_app(target) {
                wrong.push(at(
                    mention,
                    &format!("{from:?} may not import {}", mention.path.join("::")),
                ));
            }
        }
        let path = mention.path.join("::");
        let is_pure = matches!(from, Layer::Model | Layer::Update);
        let outside = ["std::thread", "std::sync::mpsc", "std::process"]
            .iter()
            .any(|p| path.starts_with(p))
            || mention.path.iter().any(|name| name == "mpsc")
            || path.ends_with("Instant::now")
            || path.ends_with("SystemTime::now");
        if is_pure && outside {
            wrong.push(at(mention, &format!("{from:?} names {path}")));
        }
    }
    for (path, module) in tree.modules().filter(|(path, _)| in_app(path)) {
        let pure = matches!(layer(path), Some(Layer::Model | Layer::Update));
        let names = module.words.iter().map(|(word, (line, _))| (word, *line));
        let imported = module
            .imports
            .iter()
            .flat_map(|i| i.path.iter().map(|word| (word, i.line)));
        for (word, line) in names.chain(imported).filter(|(word, _)| pure && is_egui(word)) {
            wrong.push(format!("src/{}:{line}: {word} is named", module.file));
        }
    }
    wrong
}

fn is_egui(word: &str) -> bool {
    word == "egui" || word == "eframe" || word.starts_with("egui_")
}

/// Rooms that do what only one of them may: know egui, print, make devices.
pub fn reserved(tree: &Tree, mentions: &[Mention]) -> Vec<String> {
    const PRINTS: [&str; 5] = ["println", "print", "eprintln", "eprint", "dbg"];
    const DEVICES: [&str; 4] = [
        "Device::flex",
        "Device::wgpu",
        "Device::wgpu_options",
        "Device::default",
    ];
    let mut wrong = Vec::new();
    for (_, module) in tree
        .modules()
        .filter(|(path, _)| path.first().is_some_and(|room| room != "app"))
    {
        let imported = module
            .imports
            .iter()
            .flat_map(|i| i.path.iter().map(|word| (word, i.line)));
        let names = module.words.iter().map(|(word, (line, _))| (word, *line));
        for (word, line) in names.chain(imported).filter(|(word, _)| is_egui(word)) {
            wrong.push(format!("src/{}:{line}: only app may name {word}", module.file));
        }
    }
    for mention in mentions {
        let room = mention.from.first().map_or("", String::as_str);
        let path = mention.path.join("::");
        if room != "cli" && mention.bang && PRINTS.contains(&path.as_str()) {
            wrong.push(at(mention, "only cli prints"));
        }
        if room != "compute" && !mention.own && DEVICES.iter().any(|device| path.ends_with(device)) {
            wrong.push(at(mention, "only compute makes devices"));
        }
    }
    wrong
}

/// Circles of files below a module that a file of `among` is part of.
pub fn circles_below(tree: &Tree, below: &str, among: &str) -> Vec<String> {
    let below: Path = below.split("::").map(str::to_owned).collect();
    let edges: BTreeMap<String, BTreeSet<String>> = tree.file_edges(&below);
    let circles = circles(&edges).into_iter();
    let circles = circles.filter(|circle| circle.iter().any(|file| file.starts_with(among)));
    circles
        .map(|circle| {
            let steps = circle.iter().map(|file| {
                let next: Vec<&str> = edges[file]
                    .iter()
                    .filter(|to| circle.contains(to))
                    .map(String::as_str)
                    .collect();
                format!("  {file} -> {}", next.join(", "))
            });
            format!(
                "a circle of {} files:\n{}",
                circle.len(),
                steps.collect::<Vec<_>>().join("\n")
            )
        })
        .collect()
}
