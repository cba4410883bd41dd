//! The content check, copies, and what leaks between splits.

use super::*;
use crate::dataset::model::Split;
use crate::dataset::similar::PerceptualHash;
use crate::project::{Checked, DuplicateGroup};
use std::fs;

/// A checked picture: `content` is its hash, `looks` how it looks.
fn checked(picture: i64, content: &str, looks: Option<u64>) -> Checked {
    Checked {
        picture,
        stamp: [Some(1), Some(2)],
        sha256: Some(content.to_owned()),
        looks: looks.map(|bits| PerceptualHash([bits, 7, 7, 7])),
        width: 40,
        height: 30,
        problem: None,
    }
}

fn many(fixture: &Fixture, count: usize) -> Project {
    let pictures = (0..count)
        .map(|i| picture(fixture.path(&format!("{i}.jpg")), &[]))
        .collect();
    let mut project = fixture.create();
    project
        .import(&dataset(&[], pictures, Absent::Negative), &ImportReport::default())
        .unwrap();
    project
}

fn members(group: &DuplicateGroup) -> Vec<(&str, usize)> {
    group.pictures.iter().map(|p| (p.name.as_str(), p.content)).collect()
}

#[test]
fn copies_are_grouped_and_leaks_flagged() {
    let fixture = Fixture::new();
    let mut project = many(&fixture, 9);
    let id = ids(&project);
    project
        .set_splits(&[
            (id[0], Some(Split::Train)),
            (id[4], Some(Split::Test)),
            (id[1], Some(Split::Train)),
        ])
        .unwrap();
    let far = u64::MAX;
    let checks = [
        checked(id[0], "aa", Some(0)),
        checked(id[1], "bb", Some(far)),
        checked(id[2], "cc", None),
        checked(id[3], "bb", Some(far)),
        // Near the first, and nearer still to the last: a chain.
        checked(id[4], "dd", Some(0x3FFF_FFFF)),
        checked(id[5], "ee", None),
        checked(id[6], "cc", None),
        checked(id[7], "aa", Some(0)),
        checked(id[8], "ff", Some(0xFFFF_FFFF_FFFF)),
    ];
    project.store_checks(&checks).unwrap();
    let groups = project.duplicates().unwrap();
    let seen: Vec<_> = groups.iter().map(|g| (members(g), g.exact, g.leakage)).collect();
    assert_eq!(
        seen,
        [
            (
                vec![
                    ("0.jpg", 0),
                    ("1.jpg", 1),
                    ("3.jpg", 1),
                    ("4.jpg", 2),
                    ("7.jpg", 0),
                    ("8.jpg", 3)
                ],
                false,
                true
            ),
            (vec![("2.jpg", 0), ("6.jpg", 0)], true, false),
        ]
    );
    assert_eq!(
        (groups[0].pictures[0].width, groups[0].pictures[3].split),
        (40, Some(Split::Test))
    );
    let exact: Vec<_> = project.duplicates_within(0).unwrap();
    let exact: Vec<_> = exact.iter().map(|g| (members(g), g.exact)).collect();
    assert_eq!(
        exact,
        [
            (vec![("0.jpg", 0), ("7.jpg", 0)], true),
            (vec![("1.jpg", 0), ("3.jpg", 0)], true),
            (vec![("2.jpg", 0), ("6.jpg", 0)], true)
        ]
    );
    assert!(matches!(
        project.store_checks(&[checked(999, "aa", None)]),
        Err(ProjectError::NoPicture { id: 999 })
    ));
}

#[test]
fn pictures_are_checked_until_their_files_change() {
    let fixture = Fixture::new();
    let mut project = many(&fixture, 4);
    let rows = project.pictures(None).unwrap();
    fs::create_dir_all(fixture.path("")).unwrap();
    let shade = |x: u32, y: u32| image::Rgb([(x / 5 * 83 + y / 4 * 57 + (x / 9) * (y / 7) * 31) as u8; 3]);
    let photo = image::RgbImage::from_fn(60, 40, shade);
    photo.save_with_format(&rows[0].path, image::ImageFormat::Png).unwrap();
    image::imageops::resize(&photo, 120, 80, image::imageops::FilterType::Triangle)
        .save_with_format(&rows[1].path, image::ImageFormat::Jpeg)
        .unwrap();
    fs::write(&rows[2].path, b"torn").unwrap();

    assert_eq!(project.pending_checks().unwrap(), rows);
    let found: Vec<Checked> = rows.iter().map(Checked::read).collect();
    project.store_checks(&found).unwrap();
    assert_eq!(project.pending_checks().unwrap(), []);
    let unusable = project.unusable_pictures().unwrap();
    assert_eq!(
        unusable.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [rows[2].id, rows[3].id]
    );
    assert!(unusable[0].1.contains("2.jpg"), "{unusable:?}");
    let groups = project.duplicates().unwrap();
    assert_eq!(
        (groups.len(), members(&groups[0]), groups[0].exact),
        (1, vec![("0.jpg", 0), ("1.jpg", 1)], false)
    );
    assert_eq!((groups[0].pictures[1].width, groups[0].pictures[1].height), (120, 80));
    assert_eq!(Some(project.content_hash(rows[0].id).unwrap()), found[0].sha256);

    fs::write(&rows[1].path, b"other").unwrap();
    fs::remove_file(&rows[0].path).unwrap();
    photo.save_with_format(&rows[3].path, image::ImageFormat::Png).unwrap();
    let pending: Vec<i64> = project.pending_checks().unwrap().iter().map(|row| row.id).collect();
    assert_eq!(pending, [rows[0].id, rows[1].id, rows[3].id]);
    let again: Vec<Checked> = project.pending_checks().unwrap().iter().map(Checked::read).collect();
    project.store_checks(&again).unwrap();
    assert_eq!(
        (project.pending_checks().unwrap(), project.duplicates().unwrap()),
        (vec![], vec![])
    );
    assert_eq!(
        Some(project.content_hash(rows[0].id).unwrap()),
        found[0].sha256,
        "the last known content"
    );
}
