//! What can go wrong with a device.

/// A device that cannot be opened, or that stopped working.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    /// `gpu` was asked for and there is none.
    #[error("no GPU that Vulkan, Metal or DirectX 12 can reach was found")]
    NoGpu,
    /// The driver refused.
    #[error("the GPU {adapter} could not be opened: {reason}")]
    Open {
        /// The adapter's name.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
    /// Reading a result back failed: the device is lost or out of memory.
    #[error("the device failed while computing: {0}")]
    Execution(String),
    /// A loss or gradient is not a number.
    #[error("{what} is not finite")]
    NotFinite {
        /// Which value.
        what: String,
    },
}

impl ComputeError {
    /// Whether the device's memory was too small for what it was asked to compute.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Execution(words) if Self::speaks_of_memory(words))
    }

    /// Whether a driver's or runtime's words mean that memory ran out. There is no code that all of them share.
    pub fn speaks_of_memory(words: &str) -> bool {
        let words = words.to_lowercase();
        let signs = [
            "out of memory",
            "out of device memory",
            "outofmemory",
            "out_of_memory",
            "out-of-memory",
            "out_of_device_memory",
            "not enough memory",
            "can't allocate",
            "cannot allocate",
            "failed to allocate",
            "memory allocation",
            "exceeds the max buffer",
        ];
        signs.iter().any(|sign| words.contains(sign))
    }

    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NoGpu => "Use --device cpu, or install the graphics driver (on Linux: its Vulkan package).",
                Self::Open { .. } => "Update the graphics driver, or use --device cpu.",
                Self::Execution(_) => {
                    "Fewer pictures at once (--set micro_batch=4) need less memory; --device cpu always works. The run can be resumed."
                }
                Self::NotFinite { .. } => {
                    "Lower the learning rate (--set lr_encoder=..); the last good checkpoint is kept."
                }
            }
            .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_from_other_failures() {
        for words in [
            "Can't allocate 4096 bytes: every page size the memory tracks still holds live allocations",
            "wgpu error: Out of Memory",
            "can't allocate buffer of size: 12",
            "ERROR_OUT_OF_DEVICE_MEMORY",
        ] {
            assert!(ComputeError::Execution(words.to_owned()).is_out_of_memory(), "{words}");
        }
        assert!(!ComputeError::Execution("device lost".to_owned()).is_out_of_memory());
        assert!(!ComputeError::NoGpu.is_out_of_memory());
    }
}
