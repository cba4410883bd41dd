//! A small check that a device computes values and gradients as the CPU does.

use super::{Compute, ComputeError};
use burn::tensor::{Device, Tensor, TensorData, activation};

/// Largest absolute difference of a loss and its gradients between `compute` and the CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Of the loss.
    pub value: f32,
    /// Of the gradient of a trained matrix.
    pub gradient: f32,
    /// Of the gradient of an input that passes a frozen network (as learned prompts do).
    pub frozen: f32,
}

/// Runs a small attention-and-normalisation graph with gradients on both devices.
///
/// # Errors
/// [`ComputeError::Execution`] where a device fails.
pub fn gradients_against_cpu(compute: &Compute) -> Result<Difference, ComputeError> {
    let here = graph(compute.device())?;
    let cpu = graph(Compute::cpu().device())?;
    let difference = |i: usize| {
        here[i]
            .iter()
            .zip(&cpu[i])
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    };
    Ok(Difference {
        value: difference(0),
        gradient: difference(1),
        frozen: difference(2),
    })
}

/// Loss, gradient of the trained matrix, gradient of the input before a frozen matrix.
fn graph(device: &Device) -> Result<[Vec<f32>; 3], ComputeError> {
    let training = device.clone().autodiff();
    let wave = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin() * 0.5).collect::<Vec<_>>();
    let constant = |count: usize, step: f32, shape: [usize; 2], device: &Device| {
        Tensor::<2>::from_data(TensorData::new(wave(count, step), shape), device)
    };
    let (rows, width) = (12, 16);
    let input = constant(rows * width, 0.37, [rows, width], &training).require_grad();
    let trained = constant(width * width, 0.61, [width, width], &training).require_grad();
    let frozen = constant(width * width, 0.83, [width, width], device);
    let hidden = activation::gelu(input.clone().matmul(frozen.clone()));
    let mixed = activation::softmax(
        hidden
            .clone()
            .matmul(trained.clone())
            .matmul(hidden.clone().transpose()),
        1,
    );
    let out = mixed.matmul(hidden) + input.clone();
    let norm = out.clone().square().sum_dim(1).sqrt();
    let loss = activation::sigmoid((out / norm).matmul(frozen)).log().neg().mean();
    let mut gradients = loss.clone().backward();
    let read = |t: Option<Tensor<2>>| match t {
        Some(t) => t
            .try_into_vec_as::<f32>()
            .map_err(|e| ComputeError::Execution(e.to_string())),
        None => Err(ComputeError::Execution("a gradient is missing".to_owned())),
    };
    let gradient = read(trained.grad_remove(&mut gradients))?;
    let through_frozen = read(input.grad_remove(&mut gradients))?;
    let value = loss
        .detach()
        .try_into_vec_as::<f32>()
        .map_err(|e| ComputeError::Execution(e.to_string()))?;
    Ok([value, gradient, through_frozen])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_agrees_with_itself() {
        let difference = gradients_against_cpu(&Compute::cpu()).unwrap();
        assert_eq!(
            difference,
            Difference {
                value: 0.0,
                gradient: 0.0,
                frozen: 0.0
            }
        );
    }

    #[test]
    fn the_gradient_is_a_slope() {
        // The analytic gradient of the graph's first trained entry against the CPU's finite difference is covered by the
        // method's own tests; here only that gradients exist and are not zero.
        let [value, gradient, frozen] = graph(Compute::cpu().device()).unwrap();
        assert!(value[0].is_finite());
        assert!(gradient.iter().any(|g| g.abs() > 1e-5) && frozen.iter().any(|g| g.abs() > 1e-5));
    }
}
