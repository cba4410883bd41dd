//! The tree of modules, and what each file takes from where.

use crate::module::{Import, Module, module};
use std::collections::{BTreeMap, BTreeSet};

/// A path of names from the crate's root.
pub type Path = Vec<String>;

/// All modules that are built outside of tests, by their path.
pub struct Tree {
    modules: BTreeMap<Path, Module>,
}

/// Something that a module names, and where that is.
#[derive(Debug)]
pub struct Mention {
    /// The module that names it.
    pub from: Path,
    /// The file and line.
    pub file: String,
    pub line: usize,
    /// The path from the crate's root; of another crate's, its own.
    pub path: Path,
    /// Whether it belongs to this crate.
    pub own: bool,
    /// Whether it is a macro that is called.
    pub bang: bool,
    /// The module that defines it, where it is an item of this crate; a module that is only named is `None`.
    pub definer: Option<Path>,
    /// Whether it is passed on and not used here: `pub use` of what lies below.
    pub passed_on: bool,
}

impl Tree {
    /// Follows the modules from `lib.rs`; `read` gives a file under `src`, `None` where there is none.
    pub fn new(read: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut tree = Self {
            modules: BTreeMap::new(),
        };
        tree.add(Vec::new(), module("lib.rs", &read("lib.rs").unwrap_or_default()), read);
        tree
    }

    fn add(&mut self, path: Path, mut module_: Module, read: &dyn Fn(&str) -> Option<String>) {
        for (name, block) in std::mem::take(&mut module_.blocks) {
            module_.defined.insert(name.clone());
            self.add(join(&path, &name), block, read);
        }
        for name in &module_.children {
            let below = join(&path, name);
            let files = [format!("{}.rs", below.join("/")), format!("{}/mod.rs", below.join("/"))];
            let found = files.iter().find_map(|file| Some((file, read(file)?)));
            let (file, text) = found.unwrap_or_else(|| panic!("no file for the module {}", below.join("::")));
            let child = module(file, &text);
            self.add(below, child, read);
        }
        self.modules.insert(path, module_);
    }

    /// The modules with their paths.
    pub fn modules(&self) -> impl Iterator<Item = (&Path, &Module)> {
        self.modules.iter()
    }

    /// The file of a module.
    pub fn file(&self, module: &Path) -> &str {
        &self.modules[module].file
    }

    /// Everything that modules import or write out.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for (from, module) in &self.modules {
            for import in &module.imports {
                let (path, own) = self.absolute(from, &import.path, 0);
                let definer = if own {
                    self.definer_of_import(&path, import)
                } else {
                    None
                };
                // Passed on alone: the name stands nowhere else in the file.
                let used = import.name.as_ref().is_some_and(|name| module.words.contains_key(name));
                let below = definer.as_ref().is_some_and(|definer| definer.starts_with(from));
                mentions.push(Mention {
                    from: from.clone(),
                    file: module.file.clone(),
                    line: import.line,
                    path,
                    own,
                    bang: false,
                    definer,
                    passed_on: import.public && below && !used,
                });
            }
            for named in &module.named {
                let (path, own) = self.absolute(from, &named.path, 0);
                mentions.push(Mention {
                    from: from.clone(),
                    file: module.file.clone(),
                    line: named.line,
                    definer: if own { self.definer(&path, 0) } else { None },
                    path,
                    own,
                    bang: named.bang,
                    passed_on: false,
                });
            }
        }
        mentions
    }

    fn definer_of_import(&self, path: &Path, import: &Import) -> Option<Path> {
        match &import.name {
            // Everything of a module, or of an enum within one.
            None if self.modules.contains_key(path) => Some(path.clone()),
            _ => self.definer(path, 0),
        }
    }

    /// `path` as it is meant in `module`, from the crate's root, and whether it is this crate's at all.
    fn absolute(&self, module: &Path, path: &[String], depth: usize) -> (Path, bool) {
        let Some((first, rest)) = path.split_first() else {
            return (Vec::new(), false);
        };
        match first.as_str() {
            "crate" => return (rest.to_vec(), true),
            "self" => return ([module, rest].concat(), true),
            "super" => {
                let supers = path.iter().take_while(|name| *name == "super").count();
                let kept = module.len().saturating_sub(supers);
                return ([&module[..kept], &path[supers..]].concat(), true);
            }
            _ => {}
        }
        if self.modules.contains_key(&join(module, first)) {
            return ([module, path].concat(), true);
        }
        let here = self.modules.get(module);
        let imports = here.map_or(&[][..], |here| &here.imports);
        if depth < 16 {
            let named = imports
                .iter()
                .find(|i| i.name.as_ref() == Some(first) && i.path != path);
            if let Some(import) = named {
                let (target, own) = self.absolute(module, &import.path, depth + 1);
                return ([&target[..], rest].concat(), own);
            }
            for glob in imports.iter().filter(|i| i.name.is_none()) {
                let (target, own) = self.absolute(module, &glob.path, depth + 1);
                if own && self.offers(&target, first, depth + 1) {
                    return ([&target[..], path].concat(), true);
                }
            }
        }
        (path.to_vec(), here.is_some_and(|here| here.defined.contains(first)))
    }

    /// Whether `name` can be had from `module`.
    fn offers(&self, module: &Path, name: &String, depth: usize) -> bool {
        let Some(here) = self.modules.get(module) else {
            return false;
        };
        let is_imported = |import: &Import| match &import.name {
            Some(known) => known == name,
            None if depth < 16 => {
                let (target, own) = self.absolute(module, &import.path, depth + 1);
                own && target != *module && self.offers(&target, name, depth + 1)
            }
            None => false,
        };
        here.defined.contains(name)
            || self.modules.contains_key(&join(module, name))
            || here.imports.iter().any(is_imported)
    }

    /// The module that defines the item at `path`, through whatever passes it on; `None` for a module, and for what another
    /// crate defines.
    fn definer(&self, path: &[String], depth: usize) -> Option<Path> {
        let mut module = Path::new();
        for (i, name) in path.iter().enumerate() {
            let below = join(&module, name);
            if self.modules.contains_key(&below) {
                module = below;
                continue;
            }
            let here = &self.modules[&module];
            if here.defined.contains(name) || depth >= 16 {
                return Some(module);
            }
            let through = |target: Path, from: usize| self.definer(&[&target[..], &path[from..]].concat(), depth + 1);
            if let Some(import) = here.imports.iter().find(|import| import.name.as_ref() == Some(name)) {
                let (target, own) = self.absolute(&module, &import.path, depth + 1);
                return if own { through(target, i + 1) } else { None };
            }
            for glob in here.imports.iter().filter(|import| import.name.is_none()) {
                let (target, own) = self.absolute(&module, &glob.path, depth + 1);
                if own && target != module && self.offers(&target, name, depth + 1) {
                    return through(target, i);
                }
            }
            return Some(module);
        }
        None
    }

    /// Which file takes something from which, within the modules below `within`.
    pub fn file_edges(&self, within: &[String]) -> BTreeMap<String, BTreeSet<String>> {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for mention in self.mentions() {
            let Some(definer) = mention.definer.filter(|_| !mention.passed_on) else {
                continue;
            };
            if !mention.from.starts_with(within) || !definer.starts_with(within) {
                continue;
            }
            let to = self.file(&definer).to_owned();
            if to != mention.file {
                edges.entry(mention.file).or_default().insert(to);
            }
        }
        edges
    }
}

fn join(path: &[String], name: &str) -> Path {
    let mut path = path.to_vec();
    path.push(name.to_owned());
    path
}

/// The circles: every set of more than one file in which each reaches each, sorted.
pub fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reach = |start: &String| -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut left = vec![start];
        while let Some(file) = left.pop() {
            for next in edges.get(file).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    left.push(next);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = edges.keys().map(|file| (file, reach(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, seen) in &reached {
        if seen.contains(*file) {
            let back = |other: &&String| reached.get(other).is_some_and(|seen| seen.contains(*file));
            circles.insert(seen.iter().filter(back).cloned().collect::<Vec<String>>());
        }
    }
    circles.into_iter().collect()
}
