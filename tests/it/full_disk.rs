//! A disk without room: what was saved can be read, and what cannot be written is said.

#![cfg(target_os = "linux")]

use crate::skips;
use crate::support::{arg, fixture, new_project, run};
use patchlight::project::Project;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk in memory, which goes when it is dropped.
struct SmallDisk {
    place: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where this user may not mount one, which is noted.
    fn new() -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "patchlight-test", arg(place.path())])
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { place });
        }
        skips::note("a small disk cannot be mounted");
        None
    }

    fn filler(&self) -> PathBuf {
        self.place.path().join("filler")
    }

    /// Writes until there is no room for another byte.
    fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.filler()).unwrap();
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", arg(self.place.path())]).status();
    }
}

fn setting(project: &Path) -> Option<String> {
    Project::open_read_only(project).unwrap().setting("a").unwrap()
}

#[test]
fn a_project_on_a_full_disk_can_be_read() {
    let Some(disk) = SmallDisk::new() else { return };
    let data = fixture("training/data");
    let place = new_project(disk.place.path(), &data, &fixture("checkpoints/tiny"), &[]);
    let mut project = Project::open(&place).unwrap();
    project.set_setting("a", "in the log").unwrap();
    // As a kill leaves it: the newest change is only in the log.
    let killed = disk.place.path().join("killed.patchlight");
    std::fs::create_dir(&killed).unwrap();
    for name in ["project.db", "project.db-wal", "lock"] {
        std::fs::copy(place.join(name), killed.join(name)).unwrap();
    }
    drop(project);
    assert!(std::fs::metadata(killed.join("project.db-wal")).unwrap().len() > 0);
    let whole = run(&["project", "info", arg(&place)]).well();
    disk.fill();

    let told = run(&["project", "info", arg(&place)]).well();
    assert_eq!(told.one("project"), whole.one("project"));
    assert_eq!(setting(&place).as_deref(), Some("in the log"));
    assert_eq!(setting(&killed).as_deref(), Some("in the log"));
    // Two may read at once, and meanwhile nobody may begin to write.
    let first = Project::open_read_only(&place).unwrap();
    let second = Project::open_read_only(&place).unwrap();
    assert_eq!(
        first.pictures(None).unwrap().len(),
        second.pictures(None).unwrap().len()
    );
    std::fs::remove_file(disk.filler()).unwrap();
    assert!(
        Project::open(&place)
            .unwrap_err()
            .to_string()
            .contains("open in another")
    );
    drop((first, second));

    // With room again everything is there, and can be changed.
    for place in [&place, &killed] {
        let mut project = Project::open(place).unwrap();
        assert_eq!(project.setting("a").unwrap().as_deref(), Some("in the log"));
        project.set_setting("a", "changed").unwrap();
    }
}

#[test]
fn what_a_full_disk_does_not_take_is_said_with_the_path_and_the_room() {
    let Some(disk) = SmallDisk::new() else { return };
    let data = fixture("training/data");
    let place = new_project(disk.place.path(), &data, &fixture("checkpoints/tiny"), &[]);
    disk.fill();
    let table = disk.place.path().join("out.csv");
    let export = ["export", arg(&place), "--format", "csv", "--out", arg(&table)];
    let train = ["train", arg(&place), "--stage", "1"];
    let new = disk.place.path().join("new.patchlight");
    let import = ["project", "new", arg(&new), "--data", arg(&data)];
    for command in [&export[..], &train, &import] {
        let said = run(command);
        let (message, hint) = said.failed(1);
        assert!(message.contains("disk full"), "{command:?}: {message}");
        assert!(
            message.contains(" free") && message.contains(arg(disk.place.path())),
            "{message}"
        );
        assert!(hint.to_lowercase().contains("space"), "{hint}");
    }
    assert!(
        !table.exists() && !new.join("project.db").exists(),
        "nothing half is left"
    );
}
