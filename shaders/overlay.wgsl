// Evidence over a picture: the very patches that made each label, and the heat of all patches of one label.
//
// Every fragment finds its pixel of the picture, from it the pixel of the model's input that the preprocessing made of it, and
// from that its patch. What is drawn is therefore exactly what the patch saw, in every preprocess mode.

const LABELS: u32 = 8u;

struct Frame {
    // Picture on the screen, in framebuffer pixels: left, top, width, height.
    place: vec4f,
    // Width and height of the picture, and of a framebuffer pixel's share of a point.
    picture: vec4f,
    // Model pixel = picture pixel * scale + shift: scale x, scale y, shift x, shift y.
    to_model: vec4f,
    // Patches per side, side of a patch in model pixels, side of the model's input, labels in use.
    grid: vec4u,
    // Heat (0 or 1), strength of the tint, the patch that the user chose (or 0xffffffff), outline width in framebuffer pixels.
    look: vec4f,
    chosen: vec4u,
    colors: array<vec4f, 8>,
}

@group(0) @binding(0) var<uniform> frame: Frame;
// For each label and patch: x: strength in the top K (0: not in it), y: 1 for the best patch, z: heat in 0..1, w: 1 for padding.
@group(0) @binding(1) var<storage, read> evidence: array<vec4f>;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    // One triangle that covers the viewport.
    let x = f32(i32(index & 1u) * 4 - 1);
    let y = f32(i32(index >> 1u) * 4 - 1);
    return vec4f(x, y, 0.0, 1.0);
}

fn over(front: vec4f, back: vec4f) -> vec4f {
    // Premultiplied.
    return front + back * (1.0 - front.a);
}

fn tint(color: vec3f, alpha: f32) -> vec4f {
    return vec4f(color * alpha, alpha);
}

// From dark blue over violet and orange to pale yellow: rising in lightness, so that it reads without colour as well.
fn warmth(t: f32) -> vec3f {
    let a = vec3f(0.05, 0.03, 0.30);
    let b = vec3f(0.55, 0.12, 0.50);
    let c = vec3f(0.95, 0.45, 0.20);
    let d = vec3f(1.00, 0.95, 0.65);
    if (t < 0.4) { return mix(a, b, t / 0.4); }
    if (t < 0.75) { return mix(b, c, (t - 0.4) / 0.35); }
    return mix(c, d, (t - 0.75) / 0.25);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let size = f32(frame.grid.z);
    let cell_side = f32(frame.grid.y);
    let share = (position.xy - frame.place.xy) / frame.place.zw;
    if (any(share < vec2f(0.0)) || any(share >= vec2f(1.0))) {
        return vec4f(0.0);
    }
    let pixel = share * frame.picture.xy;
    let model = pixel * frame.to_model.xy + frame.to_model.zw;
    // Framebuffer pixels for each model pixel, to draw lines of even width.
    let density = frame.place.zw / frame.picture.xy / frame.to_model.xy;
    if (any(model < vec2f(0.0)) || any(model >= vec2f(size))) {
        // The model never saw this part: it is dimmed.
        return tint(vec3f(0.0), 0.45);
    }
    let cell = vec2u(model / cell_side);
    let number = cell.y * frame.grid.x + cell.x;
    let inside = model - vec2f(cell) * cell_side;
    // Distances to the patch's four edges in framebuffer pixels.
    let low = inside * density;
    let high = (vec2f(cell_side) - inside) * density;
    let edge = min(min(low.x, low.y), min(high.x, high.y));
    let extent = cell_side * min(density.x, density.y);
    let line = frame.look.w;
    let patches = frame.grid.x * frame.grid.x;

    var color = vec4f(0.0);
    if (frame.look.x > 0.5 && frame.grid.w > 0u) {
        let heat = evidence[number].z;
        color = tint(warmth(heat), 0.5);
    }
    for (var label = 0u; label < min(frame.grid.w, LABELS); label++) {
        let value = evidence[label * patches + number];
        if (value.x <= 0.0) {
            continue;
        }
        let hue = frame.colors[label].rgb;
        // Labels after the first draw their outlines further in, so that several are seen side by side.
        let inset = f32(label) * (line + 1.0);
        if (frame.look.x < 0.5) {
            color = over(tint(hue, frame.look.y * (0.25 + 0.75 * value.x)), color);
        }
        let away = edge - inset;
        // Outline styles: solid, dashed, dotted, by label; colour is not the only sign.
        let along = select(low.y, low.x, min(low.y, high.y) < min(low.x, high.x));
        let style = label % 3u;
        let period = select(select(12.0, 5.0, style == 2u), 1e9, style == 0u) * max(line, 1.0) / 2.0;
        let drawn = fract(along / period) < 0.6 || style == 0u;
        if (away >= 0.0 && away < line && drawn) {
            color = over(tint(hue, 0.95), color);
        }
        // The best patch wears a bright corner.
        let corner = low.x + low.y - inset * 2.0;
        if (value.y > 0.5 && corner >= 0.0 && corner < max(extent * 0.42, 6.0)) {
            color = over(tint(mix(hue, vec3f(1.0), 0.55), 1.0), color);
        }
    }
    if (number == frame.chosen.x && edge < line * 1.5) {
        color = over(tint(vec3f(1.0), 1.0), color);
    }
    // Through everything, so that a hand on the mouse sees which patch is meant.
    if (number == frame.chosen.y) {
        color = over(tint(vec3f(1.0), 0.14), color);
    }
    return color;
}
