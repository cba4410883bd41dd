//! Which labels go on which demo picture: the long tail of the training part, the balance of the test part.

use super::SceneError;
use rand::Rng;
use rand::seq::SliceRandom;

/// Most labels on a picture; together with repeats and by-standers no picture has more than [`MOST_OBJECTS`].
const MOST_LABELS: usize = 5;
/// Most objects on a picture.
pub(super) const MOST_OBJECTS: usize = 6;
/// Labels on a test picture on average.
const TEST_LABELS: f64 = 2.6;

/// Pictures of each demo label among 900: eight labels with 100 or more, eight with 20 to 99, eight with fewer.
const FULL: (usize, [usize; 24]) = (
    900,
    [
        460, 360, 290, 235, 195, 160, 130, 110, 92, 76, 62, 51, 42, 34, 27, 22, 18, 15, 12, 10, 8, 6, 5, 4,
    ],
);
/// The same for a quick demo of 250 pictures: three labels with 100 or more, six with 20 to 99, fifteen with fewer.
const QUICK: (usize, [usize; 24]) = (
    250,
    [
        140, 120, 103, 80, 62, 48, 38, 30, 24, 19, 17, 15, 13, 11, 9, 8, 7, 6, 5, 5, 4, 4, 3, 3,
    ],
);

/// Pictures of each label in a training part of `pictures` pictures, descending.
///
/// # Errors
/// [`SceneError::Request`] below 200 pictures: there would be no label with 100.
pub(super) fn long_tail(pictures: usize) -> Result<Vec<usize>, SceneError> {
    if pictures < 200 {
        let what = format!("{pictures} training pictures are too few for a long tail; at least 200 are needed");
        return Err(SceneError::Request { what });
    }
    let (base, counts) = if pictures >= 600 { FULL } else { QUICK };
    // Rounded to the nearest, never below the smallest tail of three.
    Ok(counts
        .iter()
        .map(|&n| ((n * pictures + base / 2) / base).max(3))
        .collect())
}

/// About the same number of pictures for each of `labels` labels.
pub(super) fn balanced(pictures: usize, labels: usize) -> Vec<usize> {
    let each = (pictures as f64 * TEST_LABELS / labels.max(1) as f64).round() as usize;
    vec![each.clamp(1, pictures.max(1)); labels]
}

/// Deals labels out to `pictures` pictures so that label `i` is on exactly `counts[i]` different pictures and no
/// picture is left without label. Rare labels come first and take pictures with room for company, so frequent ones
/// join them, as in found photographs.
///
/// # Errors
/// [`SceneError::Request`] where the counts do not fit on so many pictures.
pub(super) fn deal(rng: &mut impl Rng, counts: &[usize], pictures: usize) -> Result<Vec<Vec<usize>>, SceneError> {
    let total: usize = counts.iter().sum();
    if total < pictures || total > pictures * MOST_LABELS || counts.iter().any(|&n| n > pictures) {
        let what = format!("{total} labels do not fit on {pictures} pictures");
        return Err(SceneError::Request { what });
    }
    let room = rooms(rng, total, pictures);
    let mut dealt: Vec<Vec<usize>> = vec![Vec::new(); pictures];
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&label| counts[label]);
    let mut left: usize = total;
    for label in order {
        left -= counts[label];
        let empty = dealt.iter().filter(|labels| labels.is_empty()).count();
        // Labels still to come can fill `left` pictures; what is empty beyond that has to be filled now.
        let urgent = empty.saturating_sub(left);
        let mut ranked: Vec<(bool, f64, usize)> = (0..pictures)
            .filter(|&p| dealt[p].len() < MOST_LABELS)
            .map(|p| {
                let free = room[p].saturating_sub(dealt[p].len());
                // Weighted choice without replacement: the largest u^(1/weight) win.
                let weight = if free == 0 { 1e-3 } else { free as f64 };
                let chance = rng.random::<f64>().powf(1.0 / weight);
                (dealt[p].is_empty(), chance, p)
            })
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.2.cmp(&b.2)));
        let filler: Vec<usize> = ranked.iter().filter(|r| r.0).take(urgent).map(|r| r.2).collect();
        let others = ranked.iter().map(|r| r.2).filter(|p| !filler.contains(p));
        let takers: Vec<usize> = filler.iter().copied().chain(others).take(counts[label]).collect();
        if takers.len() < counts[label] {
            return Err(SceneError::Request {
                what: format!("{total} labels do not fit on {pictures} pictures"),
            });
        }
        for picture in takers {
            dealt[picture].push(label);
        }
    }
    dealt.iter_mut().for_each(|labels| labels.sort_unstable());
    Ok(dealt)
}

/// How many labels each picture should get: one each, the rest at random, at most [`MOST_LABELS`].
fn rooms(rng: &mut impl Rng, total: usize, pictures: usize) -> Vec<usize> {
    let mut room = vec![1; pictures];
    let mut spare: Vec<usize> = (0..pictures * (MOST_LABELS - 1)).map(|slot| slot % pictures).collect();
    spare.shuffle(rng);
    for &picture in spare.iter().take(total - pictures) {
        room[picture] += 1;
    }
    room
}
