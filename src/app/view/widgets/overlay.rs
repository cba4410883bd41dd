//! The evidence over a picture, drawn on the GPU by `shaders/overlay.wgsl` from similarities: nothing is drawn twice as large as
//! it was computed, and nothing is looked up in a picture of a picture.

use crate::dataset::preprocess::Geometry;
use eframe::egui::{self, Color32, Rect};
use eframe::egui_wgpu::{self, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor, wgpu};
use std::collections::HashMap;

/// Labels that are drawn at once.
pub(crate) const LABELS: usize = 8;

/// Where patches lie on a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
    /// How the picture became the model's input.
    pub(crate) geometry: Geometry,
    /// Width and height of the picture as shown, in pixels.
    pub(crate) picture: [u32; 2],
    /// Patches per side.
    pub(crate) side: usize,
    /// Side of a patch in model pixels.
    pub(crate) patch: usize,
}

/// What is drawn of a label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// Its colour.
    pub(crate) color: Color32,
    /// `[patches]`: strength in 0..1 of the patches in the top K, 0 for the others.
    pub(crate) strength: Vec<f32>,
    /// The best patch.
    pub(crate) best: Option<usize>,
    /// `[patches]`: similarity of all patches, scaled to 0..1.
    pub(crate) heat: Vec<f32>,
}

impl Layer {
    /// Of a label's similarities, `[patches]`, and its top K, the best first.
    pub(crate) fn of(similarity: &[f32], chosen: &[(usize, f32)], color: Color32) -> Self {
        let bounds = |values: &mut dyn Iterator<Item = f32>| {
            values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            })
        };
        let scaled = |v: f32, (low, high): (f32, f32)| if high > low { (v - low) / (high - low) } else { 1.0 };
        let of_chosen = bounds(&mut chosen.iter().map(|c| c.1));
        let of_all = bounds(&mut similarity.iter().copied());
        let mut strength = vec![0.0; similarity.len()];
        for (j, value) in chosen {
            strength[*j] = 0.15 + 0.85 * scaled(*value, of_chosen);
        }
        Self {
            color,
            strength,
            best: chosen.first().map(|c| c.0),
            heat: similarity.iter().map(|v| scaled(*v, of_all)).collect(),
        }
    }
}

/// An overlay for one frame.
#[derive(Clone, Debug)]
pub(crate) struct Overlay {
    /// Where patches lie.
    pub(crate) grid: Grid,
    /// The labels, at most [`LABELS`].
    pub(crate) layers: Vec<Layer>,
    /// Whether the heat of the first label is drawn.
    pub(crate) heat: bool,
    /// The patch that the user chose, and the one under the pointer.
    pub(crate) marked: [Option<usize>; 2],
}

impl Overlay {
    /// Draws it over the picture that fills `picture` (in points; may reach beyond the clip rectangle). `slot` tells overlays of
    /// one frame apart.
    pub(crate) fn paint(self, painter: &egui::Painter, picture: Rect, slot: u64) {
        let clip = painter.clip_rect().intersect(picture);
        if clip.is_positive() {
            let scale = painter.ctx().pixels_per_point();
            let callback = Callback {
                uniform: self.uniform(picture, scale),
                evidence: self.evidence(),
                slot,
            };
            painter.add(egui_wgpu::Callback::new_paint_callback(clip, callback));
        }
    }

    fn uniform(&self, picture: Rect, scale: f32) -> Uniform {
        let [sx, sy, dx, dy] = self.grid.geometry.to_model();
        let mark = |at: Option<usize>| at.map_or(u32::MAX, |j| j as u32);
        let mut colors = [[0.0; 4]; LABELS];
        for (slot, layer) in colors.iter_mut().zip(&self.layers) {
            // The target takes gamma-encoded colours, as egui's own shader gives them.
            *slot = layer.color.to_normalized_gamma_f32();
        }
        let [w, h] = self.grid.picture.map(|v| v as f32);
        Uniform {
            place: [
                picture.left() * scale,
                picture.top() * scale,
                picture.width() * scale,
                picture.height() * scale,
            ],
            picture: [w, h, 0.0, 0.0],
            to_model: [sx, sy, dx, dy],
            grid: [
                self.grid.side as u32,
                self.grid.patch as u32,
                (self.grid.side * self.grid.patch) as u32,
                self.layers.len().min(LABELS) as u32,
            ],
            look: [if self.heat { 1.0 } else { 0.0 }, 0.34, 0.0, (1.5 * scale).max(1.0)],
            chosen: [mark(self.marked[0]), mark(self.marked[1]), 0, 0],
            colors,
        }
    }

    fn evidence(&self) -> Vec<[f32; 4]> {
        let patches = self.grid.side * self.grid.side;
        let mut values = Vec::with_capacity(patches * self.layers.len().max(1));
        for layer in self.layers.iter().take(LABELS) {
            for j in 0..patches {
                let at = |list: &[f32]| list.get(j).copied().unwrap_or(0.0);
                let best = if layer.best == Some(j) { 1.0 } else { 0.0 };
                values.push([at(&layer.strength), best, at(&layer.heat), 0.0]);
            }
        }
        if values.is_empty() {
            values.push([0.0; 4]);
        }
        values
    }
}

#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Uniform {
    place: [f32; 4],
    picture: [f32; 4],
    to_model: [f32; 4],
    grid: [u32; 4],
    look: [f32; 4],
    chosen: [u32; 4],
    colors: [[f32; 4]; LABELS],
}

struct Callback {
    uniform: Uniform,
    evidence: Vec<[f32; 4]>,
    slot: u64,
}

/// The pipeline, and the buffers of each overlay.
struct Painter {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    slots: HashMap<u64, Slot>,
}

struct Slot {
    uniform: wgpu::Buffer,
    evidence: wgpu::Buffer,
    size: u64,
    group: wgpu::BindGroup,
}

/// Makes the pipeline. Call once, when the window is made.
pub(crate) fn install(gpu: &RenderState) {
    let device = &gpu.device;
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("overlay"),
        source: wgpu::ShaderSource::Wgsl(include_str!("../../../../shaders/overlay.wgsl").into()),
    });
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("overlay"),
        entries: &[
            entry(0, wgpu::BufferBindingType::Uniform),
            entry(1, wgpu::BufferBindingType::Storage { read_only: true }),
        ],
    });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("overlay"),
        bind_group_layouts: &[Some(&layout)],
        ..Default::default()
    });
    let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("overlay"),
        layout: Some(&pipeline_layout),
        vertex: wgpu::VertexState {
            module: &shader,
            entry_point: Some("vertex"),
            buffers: &[],
            compilation_options: Default::default(),
        },
        fragment: Some(wgpu::FragmentState {
            module: &shader,
            entry_point: Some("fragment"),
            targets: &[Some(wgpu::ColorTargetState {
                format: gpu.target_format,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
            compilation_options: Default::default(),
        }),
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        multiview_mask: None,
        cache: None,
    });
    gpu.renderer.write().callback_resources.insert(Painter {
        pipeline,
        layout,
        slots: HashMap::new(),
    });
}

impl Painter {
    fn slot(&mut self, device: &wgpu::Device, slot: u64, size: u64) -> &Slot {
        let fits = self.slots.get(&slot).is_some_and(|s| s.size >= size);
        if !fits {
            let buffer = |usage, size| {
                device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("overlay"),
                    size,
                    usage: usage | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                })
            };
            let uniform = buffer(wgpu::BufferUsages::UNIFORM, size_of::<Uniform>() as u64);
            let evidence = buffer(wgpu::BufferUsages::STORAGE, size);
            let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("overlay"),
                layout: &self.layout,
                entries: &[
                    wgpu::BindGroupEntry {
                        binding: 0,
                        resource: uniform.as_entire_binding(),
                    },
                    wgpu::BindGroupEntry {
                        binding: 1,
                        resource: evidence.as_entire_binding(),
                    },
                ],
            });
            let made = Slot {
                uniform,
                evidence,
                size,
                group,
            };
            self.slots.insert(slot, made);
        }
        &self.slots[&slot]
    }
}

impl CallbackTrait for Callback {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(painter) = resources.get_mut::<Painter>() {
            let bytes: &[u8] = bytemuck::cast_slice(&self.evidence);
            let slot = painter.slot(device, self.slot, bytes.len() as u64);
            queue.write_buffer(&slot.uniform, 0, bytemuck::bytes_of(&self.uniform));
            queue.write_buffer(&slot.evidence, 0, bytes);
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        if let Some(painter) = resources.get::<Painter>()
            && let Some(slot) = painter.slots.get(&self.slot)
        {
            pass.set_pipeline(&painter.pipeline);
            pass.set_bind_group(0, &slot.group, &[]);
            pass.draw(0..3, 0..1);
        }
    }
}
