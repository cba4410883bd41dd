//! Sequences that begin alike, as the rows of one matrix. Attention is causal, so a common beginning does not depend on what follows:
//! it is computed once, and every sequence attends to its keys and values and to its own tokens. All that works token by token runs on
//! all rows at once.

use super::{Block, Encoder, SelfAttention};
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, TensorData, activation};

/// What is added to the similarity with a key that a query must not see. Finite, so that no device has to compute with infinities; its
/// exponential is 0.
const BLOCKED: f32 = -1e30;

/// How the rows of a matrix belong to sequences: first of each view the common beginning, then, group by group, of each view the own
/// tokens of the group's sequences, all equally long.
pub(crate) struct PackedLayout {
    views: usize,
    beginning: usize,
    groups: Vec<Group>,
}

/// Sequences with the same number of own tokens, padding included.
struct Group {
    sequences: usize,
    length: usize,
    /// What is added to the similarities of own tokens with own tokens, `[1, 1, length, length]`.
    causal: Tensor<4>,
    /// Where some sequences end before the last of their rows.
    padded: Option<Padded>,
}

/// Ends of sequences within their rows.
struct Padded {
    /// One at each sequence's end, `[views * sequences, length, 1]`.
    pick: Tensor<3>,
    /// What is added to the similarities of an end with own tokens, `[1, sequences, 1, length]`.
    mask: Tensor<4>,
}

impl Group {
    /// `ends`: of each sequence, the index of its last own token.
    fn new(views: usize, ends: &[usize], device: &Device) -> Self {
        let (sequences, last) = (ends.len(), ends.iter().copied().max().unwrap_or(0));
        let length = last + 1;
        let place = |values: Vec<f32>, shape: [usize; 4]| Tensor::from_data(TensorData::new(values, shape), device);
        let seen_from = |at: usize| (0..length).map(move |key| if key > at { BLOCKED } else { 0.0 });
        let padded = ends.iter().any(|end| *end != last).then(|| {
            let one_hot = |end: &usize| {
                let end = *end;
                (0..length).map(move |row| f32::from(u8::from(row == end)))
            };
            let pick = ends.iter().flat_map(one_hot).collect::<Vec<f32>>().repeat(views);
            let mask = ends.iter().flat_map(|end| seen_from(*end)).collect();
            Padded {
                pick: Tensor::from_data(TensorData::new(pick, [views * sequences, length, 1]), device),
                mask: place(mask, [1, sequences, 1, length]),
            }
        });
        Self {
            sequences,
            length,
            causal: place((0..length).flat_map(seen_from).collect(), [1, 1, length, length]),
            padded,
        }
    }

    /// Rows of a view.
    fn rows(&self) -> usize {
        self.sequences * self.length
    }
}

impl PackedLayout {
    /// `ends`: group by group, of each sequence the index of its last own token.
    pub(crate) fn new(views: usize, beginning: usize, ends: &[Vec<usize>], device: &Device) -> Self {
        Self {
            views,
            beginning,
            groups: ends.iter().map(|ends| Group::new(views, ends, device)).collect(),
        }
    }

    /// Each group with the first of its rows.
    fn placed(&self) -> impl Iterator<Item = (&Group, usize)> {
        let first = self.views * self.beginning;
        self.groups.iter().scan(first, move |next, group| {
            let at = *next;
            *next += self.views * group.rows();
            Some((group, at))
        })
    }

    /// The rows of all sequences' ends: group by group, of each view the group's sequences.
    ///
    /// # Shapes
    /// - rows: `[all rows, width]`
    /// - result: `[views * sequences, width]`
    fn ends(&self, rows: &Tensor<2>) -> Tensor<2> {
        let width = rows.dims()[1];
        let of_group = |(group, first): (&Group, usize)| {
            let all = self.views * group.sequences;
            let own = rows.clone().narrow(0, first, self.views * group.rows());
            let own = own.reshape([all, group.length, width]);
            // A product with one-hot rows, as in the padded tower: no scatter in its backward pass.
            let ends = match &group.padded {
                Some(padded) => (own * padded.pick.clone()).sum_dim(1),
                None => own.narrow(1, group.length - 1, 1),
            };
            ends.reshape([all, width])
        };
        Tensor::cat(self.placed().map(of_group).collect(), 0)
    }

    /// What belongs to the ends by view, sequences in the order of the groups.
    ///
    /// # Shapes
    /// - ends: `[views * sequences, width]`, as [`Self::ends`] orders them
    /// - result: `[views, sequences, width]`
    pub(crate) fn by_view(&self, ends: &Tensor<2>) -> Tensor<3> {
        let width = ends.dims()[1];
        let mut first = 0;
        let mut groups = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let all = self.views * group.sequences;
            let own = ends.clone().narrow(0, first, all);
            groups.push(own.reshape([self.views, group.sequences, width]));
            first += all;
        }
        Tensor::cat(groups, 1)
    }
}

/// Which tokens of the sequences ask.
#[derive(Clone, Copy, PartialEq)]
enum Asking {
    /// All of them.
    All,
    /// Their ends alone: enough for the last block.
    Ends,
}

impl SelfAttention {
    /// Attention of the packed rows, or of the ends alone.
    ///
    /// # Shapes
    /// - x: `[all rows, width]`
    /// - asking: the same, or `[views * sequences, width]` as [`PackedLayout::ends`] orders them
    /// - result: as `asking`
    fn packed(&self, x: Tensor<2>, asking: Tensor<2>, which: Asking, layout: &PackedLayout) -> Tensor<2> {
        let q = self.q_proj.forward(asking);
        let k = self.k_proj.forward(x.clone());
        let v = self.v_proj.forward(x);
        let of = |rows: &Tensor<2>, first, count| self.by_head(rows.clone().narrow(0, first, count), layout.views);
        let beginning = layout.views * layout.beginning;
        let far = (of(&k, 0, beginning), of(&v, 0, beginning));
        let mut parts = Vec::with_capacity(layout.groups.len() + 1);
        let mut asked = 0;
        if which == Asking::All {
            parts.push(self.beginning(of(&q, 0, beginning), far.clone(), layout));
            asked = beginning;
        }
        for (group, first) in layout.placed() {
            let rows = layout.views * group.rows();
            let (asks, mask) = match which {
                Asking::All => (rows, Some(&group.causal)),
                Asking::Ends => (layout.views * group.sequences, group.padded.as_ref().map(|p| &p.mask)),
            };
            let near = (of(&k, first, rows), of(&v, first, rows));
            let mixed = attend(of(&q, asked, asks), far.clone(), near, group.sequences, mask);
            parts.push(by_row(mixed, layout.views));
            asked += asks;
        }
        self.out_proj.forward(Tensor::cat(parts, 0))
    }

    /// The common beginning attends to itself alone.
    fn beginning(&self, q: Tensor<3>, (k, v): (Tensor<3>, Tensor<3>), layout: &PackedLayout) -> Tensor<2> {
        let [all, tokens, each] = q.dims();
        let whole = |t: Tensor<3>| t.reshape([layout.views, self.heads, tokens, each]);
        let options = AttentionModuleOptions {
            is_causal: true,
            ..Default::default()
        };
        let mixed = burn::tensor::module::attention(whole(q), whole(k), whole(v), None, None, options);
        by_row(mixed.reshape([all, tokens, each]), layout.views)
    }

    /// # Shapes
    /// - rows: `[views * tokens, width]`
    /// - result: `[views * heads, tokens, width / heads]`
    fn by_head(&self, rows: Tensor<2>, views: usize) -> Tensor<3> {
        let [all, width] = rows.dims();
        let (tokens, each) = (all / views, width / self.heads);
        rows.reshape([views, tokens, self.heads, each])
            .swap_dims(1, 2)
            .reshape([views * self.heads, tokens, each])
    }
}

/// # Shapes
/// - mixed: `[views * heads, tokens, each]`
/// - result: `[views * tokens, heads * each]`
fn by_row(mixed: Tensor<3>, views: usize) -> Tensor<2> {
    let [all, tokens, each] = mixed.dims();
    let heads = all / views;
    mixed
        .reshape([views, heads, tokens, each])
        .swap_dims(1, 2)
        .reshape([views * tokens, heads * each])
}

/// Attention of sequences to the beginning of their view (`far`) and to their own tokens (`near`) with one softmax over both.
///
/// # Shapes
/// - q: `[views * heads, sequences * queries, each]`
/// - far: keys and values, `[views * heads, beginning, each]`
/// - near: keys and values, `[views * heads, sequences * length, each]`
/// - mask: added to the similarities with own tokens, broadcast to `[views * heads, sequences, queries, length]`
/// - result: as `q`
fn attend(
    q: Tensor<3>,
    far: (Tensor<3>, Tensor<3>),
    near: (Tensor<3>, Tensor<3>),
    sequences: usize,
    mask: Option<&Tensor<4>>,
) -> Tensor<3> {
    let [batch, asks, each] = q.dims();
    let (beginning, length) = (far.0.dims()[1], near.0.dims()[1] / sequences);
    let apart = |t: Tensor<3>, tokens: usize| t.reshape([batch, sequences, tokens, each]);
    let queries = asks / sequences;
    let scale = (each as f64).powf(-0.5);
    let to_far = q.clone().matmul(far.0.swap_dims(1, 2)).mul_scalar(scale);
    let to_near = apart(q, queries).matmul(apart(near.0, length).swap_dims(2, 3));
    let to_near = to_near.mul_scalar(scale);
    let to_near = match mask {
        Some(mask) => to_near + mask.clone(),
        None => to_near,
    };
    let scores = Tensor::cat(vec![to_far, to_near.reshape([batch, asks, length])], 2);
    let weights = activation::softmax(scores, 2);
    let from_far = weights.clone().narrow(2, 0, beginning).matmul(far.1);
    let own = weights.narrow(2, beginning, length);
    let own = own.reshape([batch, sequences, queries, length]);
    let from_near = own.matmul(apart(near.1, length));
    from_far + from_near.reshape([batch, asks, each])
}

impl Block {
    /// # Shapes
    /// - x, result: `[all rows, width]`
    fn forward_packed(&self, x: Tensor<2>, layout: &PackedLayout) -> Tensor<2> {
        let normed = self.layer_norm1.forward(x.clone());
        let x = x + self.self_attn.packed(normed.clone(), normed, Asking::All, layout);
        x.clone() + self.mlp.forward_rows(self.layer_norm2.forward(x))
    }

    /// The last block: of its result the ends alone are wanted, so nothing else asks or goes through the MLP.
    ///
    /// # Shapes
    /// - x: `[all rows, width]`
    /// - result: `[views * sequences, width]` as [`PackedLayout::ends`] orders them
    fn forward_packed_ends(&self, x: Tensor<2>, layout: &PackedLayout) -> Tensor<2> {
        let ends = layout.ends(&x);
        let asking = self.layer_norm1.forward(ends.clone());
        let normed = self.layer_norm1.forward(x);
        let ends = ends + self.self_attn.packed(normed, asking, Asking::Ends, layout);
        ends.clone() + self.mlp.forward_rows(self.layer_norm2.forward(ends))
    }
}

impl Encoder {
    /// Runs every block on sequences that begin alike.
    ///
    /// # Shapes
    /// - x: `[all rows, width]`
    /// - result: the rows of the sequences' ends, `[views * sequences, width]`: group by group, of each view the group's sequences
    pub(crate) fn forward_packed(&self, x: Tensor<2>, layout: &PackedLayout) -> Tensor<2> {
        match self.layers.split_last() {
            Some((last, rest)) => {
                let x = rest.iter().fold(x, |x, block| block.forward_packed(x, layout));
                last.forward_packed_ends(x, layout)
            }
            None => layout.ends(&x),
        }
    }
}
