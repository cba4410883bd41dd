//! How the window looks, what it says, what it is told of the outside.

use super::*;
use crate::app::model::command::{DeskCommand, Place, Preference, ResultsCommand};
use crate::app::model::notices::Level;
use crate::app::model::prefs::Look;
use crate::compute::DeviceChoice;
use crate::engine::event::Check;

fn desk(d: &mut Driver, command: DeskCommand) {
    d.command(Command::Desk(command));
}

fn device(kind: &str, checks: Vec<Check>) -> Event {
    Event::Device {
        kind: kind.to_owned(),
        name: "a device".to_owned(),
        checks,
    }
}

#[test]
fn zoom_goes_in_steps_up_to_its_limits() {
    let mut d = Driver::new();
    d.act(Action::ZoomIn);
    assert!((d.model.prefs.scale - 1.1).abs() < 1e-6);
    (0..40).for_each(|_| d.act(Action::ZoomIn));
    assert_eq!(d.model.prefs.scale, 3.0);
    (0..80).for_each(|_| d.act(Action::ZoomOut));
    assert_eq!(d.model.prefs.scale, 0.5);
    d.act(Action::ZoomReset);
    assert_eq!(d.model.prefs.scale, 1.0);
    d.command(Command::Prefer(Preference::Scale(9.0)));
    assert_eq!(d.model.prefs.scale, 3.0);
}

#[test]
fn the_look_is_toggled_from_what_is_seen_whatever_was_chosen() {
    let mut d = Driver::new();
    assert_eq!(d.model.prefs.look, Look::System);
    d.outside.dark = true;
    d.tick(0.0);
    d.act(Action::ToggleLook);
    assert_eq!(d.model.prefs.look, Look::Light);
    d.outside.dark = false;
    d.tick(0.0);
    d.act(Action::ToggleLook);
    assert_eq!(d.model.prefs.look, Look::Dark);
}

#[test]
fn preferences_are_kept() {
    let mut d = Driver::new();
    for preference in [
        Preference::Look(Look::Dark),
        Preference::Motion(false),
        Preference::Thumbnail(200.0),
        Preference::Mirror("https://mirror".to_owned()),
        Preference::Proxy("none".to_owned()),
    ] {
        d.command(Command::Prefer(preference));
        d.did(&[]);
    }
    let expected = Prefs {
        look: Look::Dark,
        motion: false,
        thumbnail: 200.0,
        mirror: "https://mirror".to_owned(),
        proxy: "none".to_owned(),
        ..Prefs::default()
    };
    assert_eq!(d.model.prefs, expected);
}

#[test]
fn another_device_is_looked_at_and_used_from_then_on() {
    let mut d = Driver::at_birds();
    d.model.device.name = "the old one".to_owned();
    d.command(Command::Prefer(Preference::Device(DeviceChoice::Cpu)));
    d.did(&["start 1 Device"]);
    assert_eq!(d.model.device.name, "");
    assert!(matches!(
        d.effects[0],
        Effect::StartJob {
            device: DeviceChoice::Cpu,
            ..
        }
    ));
    d.command(Command::Predict("run-1".to_owned()));
    assert!(matches!(
        d.effects[0],
        Effect::StartJob {
            device: DeviceChoice::Cpu,
            ..
        }
    ));
    assert_eq!(d.model.prefs.device, DeviceChoice::Cpu);
}

#[test]
fn the_device_says_what_it_is_and_why_it_is_no_gpu() {
    let mut d = Driver::new();
    d.command(Command::Prefer(Preference::Device(DeviceChoice::Auto)));
    let check = |name: &str, detail: &str| Check {
        name: name.to_owned(),
        ok: true,
        detail: detail.to_owned(),
    };
    d.job_event(
        1,
        device(
            "cpu",
            vec![check("matmul", "fast"), check("fallback", "there is no driver")],
        ),
    );
    assert_eq!((d.model.device.kind.as_str(), d.model.device.checks.len()), ("cpu", 2));
    assert_eq!(d.model.device.notice.as_deref(), Some("there is no driver"));
    d.job_event(1, warning("no-gpu", "software only"));
    assert_eq!(d.model.device.notice.as_deref(), Some("software only"));
    d.job_event(1, device("gpu", vec![check("matmul", "fast")]));
    assert_eq!(d.model.device.notice, None);
    assert!(d.is_silent());
}

#[test]
fn messages_pass_by_time_and_errors_stay() {
    let mut d = Driver::new();
    d.command(Command::Copy("text".to_owned()));
    d.did(&["copy text"]);
    d.model.notices.failed(&failure("it failed"), None);
    d.tick(2.0);
    d.did(&["repaint 4000 ms"]);
    d.tick(4.0);
    d.did(&[]);
    assert_eq!(d.says(), (Level::Error, "it failed"));
    d.tick(3600.0);
    assert_eq!(d.model.notices.list.len(), 1);
    let id = d.model.notices.list[0].id;
    d.command(Command::CloseNotice(id));
    assert!(d.is_silent());
}

#[test]
fn a_message_that_asks_something_stays_until_it_is_answered() {
    let mut d = Driver::new();
    let action = Some(("Home".to_owned(), Command::Do(Action::Home)));
    d.model.notices.say(Level::Note, "look", None, action);
    d.tick(24.0);
    d.did(&[]);
    d.tick(3600.0);
    assert_eq!(d.says(), (Level::Note, "look"));
}

#[test]
fn the_same_words_are_in_sight_once_and_in_the_log_each_time() {
    let mut d = Driver::new();
    d.command(Command::Copy("a".to_owned()));
    d.tick(5.0);
    d.command(Command::Copy("b".to_owned()));
    assert_eq!(d.model.notices.list.len(), 1);
    d.tick(5.0);
    assert_eq!(d.says().1, "Copied", "the newer one stays its whole time");
    assert_eq!(d.model.notices.log.len(), 2);
}

#[test]
fn warnings_of_jobs_are_said_but_for_those_that_everyone_knows() {
    let mut d = Driver::at_birds();
    d.command(Command::Predict("run-1".to_owned()));
    d.job_event(1, warning("no-gpu", "there is no GPU"));
    d.job_event(1, warning("starter-model", "pictograms only"));
    d.job_event(
        1,
        Event::Skipped {
            image: "9.jpg".to_owned(),
            reason: "it is empty".to_owned(),
        },
    );
    assert!(d.is_silent());
    assert_eq!(d.model.notices.log.len(), 3);
    d.job_event(1, warning("odd", "a label is empty"));
    assert_eq!(d.says(), (Level::Warning, "a label is empty"));
}

#[test]
fn a_job_shows_how_far_it_is_and_when_it_will_be_done() {
    let mut d = Driver::at_birds();
    d.command(Command::Predict("run-1".to_owned()));
    d.job_started(1);
    d.job_event(1, progress("looking", 0, 10));
    d.tick(2.0);
    d.job_event(1, progress("looking", 5, 10));
    let phase = d.model.jobs.get(1).unwrap().phase.clone().unwrap();
    assert_eq!(
        (phase.share(), phase.left(d.model.now)),
        (0.5, Some(Duration::from_secs(2)))
    );
    d.job_event(1, progress("writing", 1, 4));
    let phase = d.model.jobs.get(1).unwrap().phase.clone().unwrap();
    assert_eq!(
        (phase.share(), phase.left(d.model.now)),
        (0.25, None),
        "another phase has its own pace"
    );
    d.job_done(1);
    assert_eq!(d.model.jobs.get(1).unwrap().phase, None);
}

#[test]
fn what_a_job_says_after_it_was_forgotten_is_not_heard() {
    let mut d = Driver::at_birds();
    d.job_started(77);
    d.job_event(77, warning("odd", "late"));
    d.job_done(77);
    d.did(&[]);
    assert!(d.is_silent());
}

#[test]
fn keys_log_and_palette_open_and_close() {
    let mut d = Driver::new();
    for shown in [true, false] {
        d.act(Action::Keys);
        d.act(Action::Log);
        assert_eq!((d.model.desk.keys, d.model.desk.log), (shown, shown));
    }
    d.act(Action::Palette);
    assert_eq!(d.model.desk.palette, Some((String::new(), 0)));
    desk(&mut d, DeskCommand::Palette(Some(("und".to_owned(), 1))));
    assert_eq!(d.model.desk.palette, Some(("und".to_owned(), 1)));
    desk(&mut d, DeskCommand::Palette(None));
    assert_eq!(d.model.desk.palette, None);
    desk(&mut d, DeskCommand::Log(true));
    assert!(d.model.desk.log);
}

#[test]
fn fields_that_belong_to_no_place_are_as_they_were_typed() {
    let mut d = Driver::new();
    desk(&mut d, DeskCommand::Path("~/birds".to_owned()));
    desk(&mut d, DeskCommand::NewLabel("wren".to_owned()));
    desk(&mut d, DeskCommand::ModelPath("/m".to_owned()));
    let kept = &d.model.desk;
    assert_eq!([&kept.path, &kept.label, &kept.model_path], ["~/birds", "wren", "/m"]);
}

#[test]
fn what_is_chosen_in_results_lasts_as_long_as_the_project_is_open() {
    let mut d = Driver::at_birds();
    for command in [
        ResultsCommand::Split(2),
        ResultsCommand::Order(1, true),
        ResultsCommand::Label(Some(1)),
    ] {
        d.command(Command::Results(command));
    }
    let kept = &d.model.results;
    assert_eq!((kept.split, kept.order, kept.label), (Some(2), (1, true), Some(1)));
    d.act(Action::CloseProject);
    assert_eq!((d.model.results.split, d.model.results.label), (None, None));
}

#[test]
fn a_frame_brings_the_time_the_memory_and_the_workers() {
    let mut d = Driver::new();
    d.outside.memory = Some([7, 8]);
    d.outside.workers = vec![Some(42), None];
    d.tick(1.5);
    d.outside.memory = None;
    d.tick(1.0);
    assert_eq!(d.model.now, Duration::from_millis(2_500));
    assert_eq!(d.model.memory, [7, 8], "as it was where nobody looked");
    assert_eq!(d.model.jobs.workers, [Some(42), None]);
}

#[test]
fn places_are_a_step_away() {
    let mut d = Driver::at_birds();
    for (action, place) in [
        (Action::Home, Place::Home),
        (Action::Train, Place::Train),
        (Action::Results, Place::Results),
        (Action::Tag, Place::Tag),
        (Action::Settings, Place::Settings),
        (Action::About, Place::About),
        (Action::Pictures, Place::Pictures),
    ] {
        d.act(action);
        d.did(&[]);
        assert_eq!(d.model.place, place);
    }
}
