//! Icons of the Phosphor font, written by `assets/fonts/make.py`.

/// A arrows in.
pub const ARROWS_IN: &str = "\u{e09a}";
/// A arrows out.
pub const ARROWS_OUT: &str = "\u{e0a2}";
/// A arrow clockwise.
pub const ARROW_CLOCKWISE: &str = "\u{e036}";
/// A arrow counter clockwise.
pub const ARROW_COUNTER_CLOCKWISE: &str = "\u{e038}";
/// A arrow down.
pub const ARROW_DOWN: &str = "\u{e03e}";
/// A arrow left.
pub const ARROW_LEFT: &str = "\u{e058}";
/// A arrow right.
pub const ARROW_RIGHT: &str = "\u{e06c}";
/// A arrow square out.
pub const ARROW_SQUARE_OUT: &str = "\u{e5de}";
/// A arrow up.
pub const ARROW_UP: &str = "\u{e08e}";
/// A caret down.
pub const CARET_DOWN: &str = "\u{e136}";
/// A caret left.
pub const CARET_LEFT: &str = "\u{e138}";
/// A caret right.
pub const CARET_RIGHT: &str = "\u{e13a}";
/// A caret up.
pub const CARET_UP: &str = "\u{e13c}";
/// A chart bar.
pub const CHART_BAR: &str = "\u{e150}";
/// A check.
pub const CHECK: &str = "\u{e182}";
/// A check circle.
pub const CHECK_CIRCLE: &str = "\u{e184}";
/// A circle.
pub const CIRCLE: &str = "\u{e18a}";
/// A circle half.
pub const CIRCLE_HALF: &str = "\u{e18c}";
/// A clock.
pub const CLOCK: &str = "\u{e19a}";
/// A clock counter clockwise.
pub const CLOCK_COUNTER_CLOCKWISE: &str = "\u{e1a0}";
/// A command.
pub const COMMAND: &str = "\u{e1c4}";
/// A copy.
pub const COPY: &str = "\u{e1ca}";
/// A cpu.
pub const CPU: &str = "\u{e610}";
/// A crosshair.
pub const CROSSHAIR: &str = "\u{e1d6}";
/// A cube.
pub const CUBE: &str = "\u{e1da}";
/// A desktop.
pub const DESKTOP: &str = "\u{e560}";
/// A dots three.
pub const DOTS_THREE: &str = "\u{e1fe}";
/// A download simple.
pub const DOWNLOAD_SIMPLE: &str = "\u{e20c}";
/// A eye.
pub const EYE: &str = "\u{e220}";
/// A eye slash.
pub const EYE_SLASH: &str = "\u{e224}";
/// A file.
pub const FILE: &str = "\u{e230}";
/// A fire.
pub const FIRE: &str = "\u{e242}";
/// A flask.
pub const FLASK: &str = "\u{e79e}";
/// A floppy disk.
pub const FLOPPY_DISK: &str = "\u{e248}";
/// A folder open.
pub const FOLDER_OPEN: &str = "\u{e256}";
/// A folder plus.
pub const FOLDER_PLUS: &str = "\u{e258}";
/// A funnel.
pub const FUNNEL: &str = "\u{e266}";
/// A gear six.
pub const GEAR_SIX: &str = "\u{e272}";
/// A graduation cap.
pub const GRADUATION_CAP: &str = "\u{e62c}";
/// A graphics card.
pub const GRAPHICS_CARD: &str = "\u{e612}";
/// A grid four.
pub const GRID_FOUR: &str = "\u{e296}";
/// A house.
pub const HOUSE: &str = "\u{e2c2}";
/// A image.
pub const IMAGE: &str = "\u{e2ca}";
/// A images.
pub const IMAGES: &str = "\u{e836}";
/// A info.
pub const INFO: &str = "\u{e2ce}";
/// A keyboard.
pub const KEYBOARD: &str = "\u{e2d8}";
/// A lightning.
pub const LIGHTNING: &str = "\u{e2de}";
/// A list.
pub const LIST: &str = "\u{e2f0}";
/// A lock.
pub const LOCK: &str = "\u{e2fa}";
/// A magnifying glass.
pub const MAGNIFYING_GLASS: &str = "\u{e30c}";
/// A minus.
pub const MINUS: &str = "\u{e32a}";
/// A moon.
pub const MOON: &str = "\u{e330}";
/// A palette.
pub const PALETTE: &str = "\u{e6c8}";
/// A pause.
pub const PAUSE: &str = "\u{e39e}";
/// A pencil simple.
pub const PENCIL_SIMPLE: &str = "\u{e3b4}";
/// A play.
pub const PLAY: &str = "\u{e3d0}";
/// A plus.
pub const PLUS: &str = "\u{e3d4}";
/// A push pin.
pub const PUSH_PIN: &str = "\u{e3e2}";
/// A question.
pub const QUESTION: &str = "\u{e3e8}";
/// A seal check.
pub const SEAL_CHECK: &str = "\u{e606}";
/// A sidebar simple.
pub const SIDEBAR_SIMPLE: &str = "\u{ec24}";
/// A sliders.
pub const SLIDERS: &str = "\u{e432}";
/// A sort ascending.
pub const SORT_ASCENDING: &str = "\u{e444}";
/// A sparkle.
pub const SPARKLE: &str = "\u{e6a2}";
/// A stack.
pub const STACK: &str = "\u{e466}";
/// A stop.
pub const STOP: &str = "\u{e46c}";
/// A sun.
pub const SUN: &str = "\u{e472}";
/// A tag.
pub const TAG: &str = "\u{e478}";
/// A terminal window.
pub const TERMINAL_WINDOW: &str = "\u{eae8}";
/// A trash.
pub const TRASH: &str = "\u{e4a6}";
/// A upload simple.
pub const UPLOAD_SIMPLE: &str = "\u{e4c0}";
/// A warning.
pub const WARNING: &str = "\u{e4e0}";
/// A warning circle.
pub const WARNING_CIRCLE: &str = "\u{e4e2}";
/// A x.
pub const X: &str = "\u{e4f6}";
/// A x circle.
pub const X_CIRCLE: &str = "\u{e4f8}";
