//! The local evidence on the host: which patches enter the top K. The same choice serves training, scores and overlays,
//! so what is drawn is what was computed.

use rayon::prelude::*;

/// Default K for a grid of `patches` patches: 32 of 196, scaled and rounded, within `1..=patches` (METHOD section 4).
pub fn default_top_k(patches: usize) -> usize {
    ((32.0 * patches as f64 / 196.0).round() as usize).clamp(1, patches.max(1))
}

/// Indices of the `k` largest similarities, largest first; of equal ones the lower index first. Patches marked in
/// `padding` never enter; with fewer than `k` left, all of them are returned.
pub fn top_k(similarity: impl Fn(usize) -> f32, patches: usize, k: usize, padding: Option<&[bool]>) -> Vec<usize> {
    let usable = |j: &usize| padding.is_none_or(|p| !p[*j]);
    let mut order: Vec<(f32, usize)> = (0..patches).filter(usable).map(|j| (similarity(j), j)).collect();
    let by_rank = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if k < order.len() {
        order.select_nth_unstable_by(k, by_rank);
        order.truncate(k);
    }
    order.sort_unstable_by(by_rank);
    order.into_iter().map(|(_, j)| j).collect()
}

/// The pooling weights of the local view: `1/K` at the chosen patches, 0 elsewhere.
///
/// # Shapes
/// - similarity: `[batch, patches, classes]` flattened
/// - padding: `[batch, patches]` flattened, or `None`
/// - result: as `similarity`
pub fn pooling_weights(
    similarity: &[f32],
    [batch, patches, classes]: [usize; 3],
    k: usize,
    padding: Option<&[bool]>,
) -> Vec<f32> {
    let mut weights = vec![0.0; batch * patches * classes];
    let size = (patches * classes).max(1);
    weights.par_chunks_mut(size).enumerate().for_each(|(b, weights)| {
        let similarity = &similarity[b * size..(b + 1) * size];
        let padding = padding.map(|p| &p[b * patches..(b + 1) * patches]);
        for c in 0..classes {
            let chosen = top_k(|j| similarity[j * classes + c], patches, k, padding);
            let share = 1.0 / chosen.len().max(1) as f32;
            for j in chosen {
                weights[j * classes + c] = share;
            }
        }
    });
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_k_scales_with_the_grid() {
        assert_eq!(default_top_k(196), 32);
        assert_eq!(default_top_k(49), 8);
        assert_eq!(default_top_k(576), 94);
        assert_eq!(default_top_k(1), 1);
    }

    #[test]
    fn ties_take_the_lower_index_and_padding_stays_out() {
        let values = [0.5, 0.7, 0.5, 0.7, 0.5, 0.9];
        assert_eq!(top_k(|j| values[j], 6, 4, None), [5, 1, 3, 0]);
        let padding = [false, true, false, false, false, true];
        assert_eq!(top_k(|j| values[j], 6, 3, Some(&padding)), [3, 0, 2]);
        assert_eq!(top_k(|j| values[j], 6, 9, Some(&padding)), [3, 0, 2, 4]);
    }

    #[test]
    fn weights_sum_to_one_per_class() {
        let similarity: Vec<f32> = (0..2 * 5 * 3).map(|i| ((i * 7919) % 31) as f32).collect();
        let weights = pooling_weights(&similarity, [2, 5, 3], 2, None);
        for b in 0..2 {
            for c in 0..3 {
                let sum: f32 = (0..5).map(|j| weights[(b * 5 + j) * 3 + c]).sum();
                assert!((sum - 1.0).abs() < 1e-6);
            }
        }
    }
}
