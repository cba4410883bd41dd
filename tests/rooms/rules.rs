//! The rules: the table of rooms in ARCHITECTURE.md, the order within the window, and what only one room may do.

use crate::module::Module;
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
        let rooms = rows(text, "| Room |").map(|cells| {
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

/// The rows of the table that begins with `head`, each of three cells.
fn rows<'a>(text: &'a str, head: &'a str) -> impl Iterator<Item = [&'a str; 3]> {
    let lines = text.lines().skip_while(move |line| !line.starts_with(head));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        cells
            .try_into()
            .unwrap_or_else(|_| panic!("a row of three cells: {row}"))
    })
}

/// What stands between back quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn at(mention: &Mention, problem: &str) -> String {
    format!("src/{}:{}: {problem}", mention.file, mention.line)
}

/// The order within the window: each row's folders and files, and what they may import of the others.
pub struct Order {
    rows: Vec<(Vec<String>, Within)>,
}

enum Within {
    All,
    /// These, and what lies in the same row.
    These(Vec<String>),
}

/// Folders that know no screen, no thread, no channel and no clock.
const PURE: [&str; 2] = ["model", "update"];

impl Order {
    /// Reads the order from the text of ARCHITECTURE.md: rows of `| folder | what it holds | imports |`; `shell*` stands for every
    /// name that begins so, `mod.rs` for the room's root.
    pub fn read(text: &str) -> Self {
        let rows = rows(text, "| Folder |").map(|cells| {
            let within = match cells[2].trim() {
                "all" => Within::All,
                names => Within::These(quoted(names).map(str::to_owned).collect()),
            };
            (quoted(cells[0]).map(str::to_owned).collect(), within)
        });
        let order = Self { rows: rows.collect() };
        assert!(!order.rows.is_empty(), "the order within the window");
        order
    }

    /// The row of a module within `app`; `None` where it stands in none.
    fn row(&self, module: &[String]) -> Option<usize> {
        let name = module.get(1).map_or("mod.rs", String::as_str);
        let fits =
            |known: &String| known == name || known.strip_suffix('*').is_some_and(|begin| name.starts_with(begin));
        self.rows.iter().position(|(names, _)| names.iter().any(fits))
    }

    fn allows(&self, from: usize, to: usize) -> bool {
        match &self.rows[from].1 {
            Within::All => true,
            Within::These(names) => from == to || names.iter().any(|name| self.rows[to].0.contains(name)),
        }
    }
}

/// Modules and imports within the window that break its order.
pub fn window(tree: &Tree, mentions: &[Mention], order: &Order) -> Vec<String> {
    let in_app = |path: &[String]| path.first().is_some_and(|room| room == "app");
    let is_pure = |path: &[String]| path.get(1).is_some_and(|folder| PURE.contains(&folder.as_str()));
    let mut wrong: Vec<String> = tree
        .modules()
        .filter(|(path, _)| in_app(path) && order.row(path).is_none())
        .map(|(_, module)| format!("src/{}: stands in no row of the window's order", module.file))
        .collect();
    for mention in mentions.iter().filter(|m| in_app(&m.from)) {
        let folder = mention.from.get(1).map_or("mod.rs", String::as_str);
        let target = mention.definer.as_ref().unwrap_or(&mention.path);
        // A module that is only named on the way to a part of it.
        let on_the_way = mention.definer.is_none() && target.len() == 1;
        if mention.own && in_app(&mention.path) && in_app(target) && !on_the_way {
            let rows = order.row(&mention.from).zip(order.row(target));
            if rows.is_some_and(|(from, to)| !order.allows(from, to)) {
                wrong.push(at(
                    mention,
                    &format!("{folder} may not import {}", mention.path.join("::")),
                ));
            }
        }
        let path = mention.path.join("::");
        let outside = ["std::thread", "std::process"]
            .iter()
            .any(|begin| path.starts_with(begin))
            || mention.path.iter().any(|name| name == "mpsc")
            || path.ends_with("Instant::now")
            || path.ends_with("SystemTime::now");
        if is_pure(&mention.from) && outside {
            wrong.push(at(mention, &format!("{folder} names {path}")));
        }
    }
    for (path, module) in tree.modules().filter(|(path, _)| in_app(path) && is_pure(path)) {
        for (word, line) in names(module).filter(|(word, _)| is_egui(word)) {
            wrong.push(format!("src/{}:{line}: {} names {word}", module.file, path[1]));
        }
    }
    wrong
}

/// Every word of a module with its first line, those of its imports too.
fn names(module: &Module) -> impl Iterator<Item = (&String, usize)> {
    let written = module.words.iter().map(|(word, line)| (word, *line));
    let imported = module
        .imports
        .iter()
        .flat_map(|i| i.path.iter().map(|word| (word, i.line)));
    written.chain(imported)
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
        for (word, line) in names(module).filter(|(word, _)| is_egui(word)) {
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
