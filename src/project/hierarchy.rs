//! Labels below labels: `A/B` is B below A.

use super::edits::Step;
use super::error::{ProjectError, Result};
use super::labels::usable;
use super::rows::LabelRow;
use super::store::{Project, Stop};
use crate::dataset::labels::{is_below, leaf, levels, parent, renamed};
use std::collections::HashMap;

/// A level of the labels' names: a label, or only what labels lie below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelNode {
    /// Its whole name.
    pub name: String,
    /// The label's id; `None` where only labels below it exist.
    pub label: Option<i64>,
    /// How many levels are above it.
    pub depth: usize,
    /// Index of the level above it in the tree.
    pub parent: Option<usize>,
}

impl Project {
    /// All labels as a tree, each after what it lies below; beside each other in the labels' order.
    pub fn label_tree(&self) -> Result<Vec<LabelNode>> {
        let labels = self.labels()?;
        let mut nodes: Vec<LabelNode> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut children: Vec<Vec<usize>> = Vec::new();
        let mut roots = Vec::new();
        for label in labels {
            let (mut above, mut end) = (None, 0);
            for (depth, level) in levels(&label.name).into_iter().enumerate() {
                end += level.len() + usize::from(depth > 0);
                let name = &label.name[..end];
                let place = *places.entry(name.to_owned()).or_insert(nodes.len());
                if place == nodes.len() {
                    nodes.push(LabelNode {
                        name: name.to_owned(),
                        label: None,
                        depth,
                        parent: above,
                    });
                    children.push(Vec::new());
                    above.map_or(&mut roots, |p: usize| &mut children[p]).push(place);
                }
                above = Some(place);
            }
            if let Some(place) = above {
                nodes[place].label = Some(label.id);
            }
        }
        // From the order in which they were found to depth first; parents get their new places before their children.
        let mut tree: Vec<LabelNode> = Vec::with_capacity(nodes.len());
        let mut moved = vec![0; nodes.len()];
        let mut open: Vec<usize> = roots.into_iter().rev().collect();
        while let Some(place) = open.pop() {
            moved[place] = tree.len();
            let node = nodes[place].clone();
            tree.push(LabelNode {
                parent: node.parent.map(|p| moved[p]),
                ..node
            });
            open.extend(children[place].iter().rev());
        }
        Ok(tree)
    }

    /// The nearest label that a label lies below.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be read.
    pub fn parent_label(&self, id: i64) -> Result<Option<LabelRow>> {
        let labels = self.labels()?;
        let label = labels.iter().find(|l| l.id == id).ok_or(ProjectError::NoLabel { id })?;
        let above = std::iter::successors(parent(&label.name), |name| parent(name));
        let found = above
            .into_iter()
            .find_map(|name| labels.iter().find(|label| label.name == name));
        Ok(found.cloned())
    }

    /// All labels that lie anywhere below a label, in order.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be read.
    pub fn labels_below(&self, id: i64) -> Result<Vec<LabelRow>> {
        let above = self.label(id)?.name;
        let mut labels = self.labels()?;
        labels.retain(|label| is_below(&label.name, &above));
        Ok(labels)
    }

    /// Renames a label with all labels below it; one step of undo.
    ///
    /// # Errors
    /// Where there is no such label, one of the new names is taken, `name` is not a name for a label, or the database cannot be written.
    pub fn rename_label_tree(&mut self, id: i64, name: &str) -> Result<()> {
        let old = self.label(id)?.name;
        self.rename_level(&old, name)
    }

    /// As [`Self::rename_label_tree`] by name, also for a level that is not a label itself. Nothing happens where there is no such level.
    ///
    /// # Errors
    /// As [`Self::rename_label_tree`].
    pub fn rename_level(&mut self, old: &str, name: &str) -> Result<()> {
        let name = usable(name)?;
        let labels = self.labels()?;
        self.step(
            &format!("rename the label “{old}” and those below it to “{name}”"),
            |step| rename(step, &labels, old, &name),
        )
    }

    /// Moves a label with all labels below it below another level (or to the top); one step of undo.
    ///
    /// # Errors
    /// Where there is no such label, `parent` is the label or lies below it, one of the new names is taken, `parent` is no name for a
    /// label, or the database cannot be written.
    pub fn move_label_below(&mut self, id: i64, parent: Option<&str>) -> Result<()> {
        let old = self.label(id)?.name;
        let name = match parent {
            None => leaf(&old).to_owned(),
            Some(above) => {
                let above = usable(above)?;
                if above == old || is_below(&above, &old) {
                    let (name, parent) = (old, above);
                    return Err(ProjectError::LabelBelowItself { name, parent });
                }
                usable(&format!("{above}/{}", leaf(&old)))?
            }
        };
        let labels = self.labels()?;
        self.step(&format!("move the label “{old}” to “{name}”"), |step| {
            rename(step, &labels, &old, &name)
        })
    }
}

/// Renames a level with all that lies below it.
fn rename(step: &mut Step<'_>, labels: &[LabelRow], old: &str, name: &str) -> std::result::Result<(), Stop> {
    let mut changes: Vec<(i64, String)> = labels
        .iter()
        .filter_map(|label| Some((label.id, renamed(&label.name, old, name)?)))
        .collect();
    // A new name can be the old one of another of them (`A` becomes `A/B` while `A/B` becomes `A/B/B`). Where names grow, the longest
    // makes way first, else the shortest.
    changes.sort_by_key(|(_, new)| new.len());
    if name.len() > old.len() {
        changes.reverse();
    }
    changes
        .into_iter()
        .try_for_each(|(id, new)| step.label(id, |state| state.name = new))
}
