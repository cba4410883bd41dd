use super::*;

fn tensors(value: f32) -> Tensors {
    [(
        "a.b".to_owned(),
        RawTensor {
            shape: vec![2, 2],
            data: vec![value, -0.0, f32::MIN_POSITIVE, 3.5],
        },
    )]
    .into()
}

/// A checkpoint whose parameters say its step.
fn keep(run: &Path, step: usize, optimizer: bool, best: Option<usize>) {
    let best = best.map(|step| Best {
        epoch: step / 2,
        step,
        map: 50.0,
        kept: true,
    });
    let (model, moments) = (tensors(step as f32), tensors(0.0));
    let content = Content {
        model: &model,
        optimizer: optimizer.then_some(&moments),
        average: None,
    };
    let progress = Progress {
        best,
        ..Progress::default()
    };
    save(run, step, &content, &progress).unwrap();
}

#[test]
fn the_best_epoch_outlives_newer_checkpoints() {
    let run = tempfile::tempdir().unwrap();
    let best = |step: usize| save_best(run.path(), step, &tensors(100.0 + step as f32)).unwrap();
    let used = |fallback| load_used(run.path(), false, fallback).map(|(saved, _)| saved.model);
    best(2);
    keep(run.path(), 2, true, Some(2));
    keep(run.path(), 4, true, Some(2));
    let fingerprint = best(6);
    keep(run.path(), 6, true, Some(6));
    assert_eq!(
        bests(run.path()),
        [2, 6],
        "the checkpoint before still names the older one"
    );
    keep(run.path(), 8, false, Some(6));
    assert_eq!((steps(run.path()), bests(run.path())), (vec![6, 8], vec![6]));
    let (saved, warnings) = load_used(run.path(), true, Fallback::Refused).unwrap();
    assert_eq!((saved.model, saved.fingerprint), (tensors(106.0), fingerprint));
    assert!(warnings.is_empty() && saved.progress.best.unwrap().epoch == 3);
    assert_eq!(load_newest(run.path()).unwrap().0.model, tensors(8.0));
    assert_eq!(load_newest(run.path()).unwrap().0.progress.best.unwrap().step, 6);

    // The newest is damaged: the best epoch that it names is what the run is used with all the same.
    std::fs::write(folder_of(run.path(), 8).join(MODEL), b"x").unwrap();
    assert_eq!(used(Fallback::Refused).unwrap(), tensors(106.0));
    // The best is damaged too: an error, or the newest whole one with a word for each that was passed over.
    std::fs::write(best_folder(run.path(), 6).join(MODEL), b"x").unwrap();
    let refused = used(Fallback::Refused).unwrap_err();
    assert!(matches!(refused, RunCheckpointError::NotTheNamed { .. }));
    assert!(refused.to_string().contains("best-00000006"), "{refused}");
    let (saved, warnings) = load_used(run.path(), false, Fallback::Allowed).unwrap();
    assert_eq!((saved.model, warnings.len()), (tensors(6.0), 2));
}

#[test]
fn a_moving_average_is_what_is_used() {
    let run = tempfile::tempdir().unwrap();
    let (model, moments, average) = (tensors(1.0), tensors(0.0), tensors(2.0));
    let content = Content {
        model: &model,
        optimizer: Some(&moments),
        average: Some(&average),
    };
    let fingerprint = save(run.path(), 3, &content, &Progress::default()).unwrap();
    let (saved, _) = load_used(run.path(), false, Fallback::Refused).unwrap();
    assert_eq!(saved.model, tensors(2.0));
    assert_ne!(saved.fingerprint, fingerprint, "another model than the one that trains");
    assert_eq!(load_newest(run.path()).unwrap().0.average, Some(tensors(2.0)));
}

#[test]
fn better_means_more_than_rounding() {
    let best = |map| Best {
        epoch: 0,
        step: 1,
        map,
        kept: true,
    };
    assert!(Best::is_beaten(None, 0.0));
    assert!(Best::is_beaten(Some(&best(50.0)), 50.001));
    assert!(!Best::is_beaten(Some(&best(50.0)), 50.0));
    assert!(!Best::is_beaten(
        Some(&best(100.0 / 3.0)),
        f64::from_bits((100.0f64 / 3.0).to_bits() + 1)
    ));
}

#[test]
fn the_newest_whole_checkpoint_is_found() {
    let run = tempfile::tempdir().unwrap();
    for step in [2, 4, 6] {
        keep(run.path(), step, true, None);
    }
    assert_eq!(steps(run.path()), [4, 6], "two are kept");
    let (saved, warnings) = load_newest(run.path()).unwrap();
    assert_eq!((saved.step, saved.finished, warnings.len()), (6, false, 0));
    assert_eq!(saved.model, tensors(6.0));

    // A flipped bit in the newest: the previous one, with a word.
    let file = folder_of(run.path(), 6).join(MODEL);
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (saved, warnings) = load_newest(run.path()).unwrap();
    assert_eq!((saved.step, warnings.len()), (4, 1));
}

#[test]
fn a_write_cut_short_anywhere_leaves_the_old_set() {
    let run = tempfile::tempdir().unwrap();
    keep(run.path(), 2, true, None);
    // What SIGKILL leaves at each moment of a second write: the files so far, and no manifest.
    let folder = folder_of(run.path(), 4);
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(load_newest(run.path()).unwrap().0.step, 2);
    std::fs::write(folder.join(".patchlight-half"), b"half").unwrap();
    assert_eq!(load_newest(run.path()).unwrap().0.step, 2);
    std::fs::write(folder.join(MODEL), to_safetensors(&tensors(4.0)).unwrap()).unwrap();
    assert_eq!(load_newest(run.path()).unwrap().0.step, 2);
    keep(run.path(), 4, false, None);
    let (saved, _) = load_newest(run.path()).unwrap();
    assert_eq!((saved.step, saved.finished), (4, true));
    assert!(saved.optimizer.is_none());
}

#[test]
fn what_was_left_by_a_kill_right_after_a_write_goes_with_the_next_look() {
    let run = tempfile::tempdir().unwrap();
    let best = |step: usize| save_best(run.path(), step, &tensors(100.0)).unwrap();
    best(4);
    keep(run.path(), 4, true, Some(4));
    keep(run.path(), 6, false, Some(4));
    // As they were before the last write removed them.
    best(2);
    std::fs::create_dir_all(folder_of(run.path(), 2)).unwrap();
    assert_eq!((steps(run.path()), bests(run.path())), (vec![2, 4, 6], vec![2, 4]));
    tidy(run.path());
    assert_eq!((steps(run.path()), bests(run.path())), (vec![4, 6], vec![4]));
}

#[test]
fn no_checkpoint_is_an_error() {
    let run = tempfile::tempdir().unwrap();
    assert!(!exists(run.path()));
    assert!(matches!(load_newest(run.path()), Err(RunCheckpointError::None { .. })));
}

#[test]
fn a_run_is_used_with_what_its_newest_manifest_names_or_not_at_all() {
    let run = tempfile::tempdir().unwrap();
    keep(run.path(), 2, true, None);
    keep(run.path(), 4, false, None);
    let used = |done, fallback| load_used(run.path(), done, fallback).map(|(saved, words)| (saved.model, words.len()));
    let refused = |done| {
        let result = used(done, Fallback::Refused);
        matches!(result, Err(RunCheckpointError::NotTheNamed { .. }))
    };
    assert_eq!(used(true, Fallback::Refused).unwrap(), (tensors(4.0), 0));

    // Its manifest is damaged: what it named is not known any more.
    let manifest = folder_of(run.path(), 4).join(MANIFEST);
    let whole = std::fs::read(&manifest).unwrap();
    std::fs::write(&manifest, &whole[..whole.len() / 2]).unwrap();
    assert!(refused(false));
    assert_eq!(used(false, Fallback::Allowed).unwrap(), (tensors(2.0), 1));

    // Its manifest is gone: as a write that was cut short, unless the run is known to have come to its end.
    std::fs::remove_file(&manifest).unwrap();
    assert_eq!(used(false, Fallback::Refused).unwrap(), (tensors(2.0), 0));
    assert!(refused(true));
    assert_eq!(used(true, Fallback::Allowed).unwrap(), (tensors(2.0), 1));

    // A best epoch whose folder is gone was what the run is used with.
    keep(run.path(), 6, false, Some(6));
    assert!(refused(true));
    assert_eq!(used(true, Fallback::Allowed).unwrap(), (tensors(6.0), 1));
}
