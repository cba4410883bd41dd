//! What can go wrong with a device.

/// A device cannot be had or stopped working.
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
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NoGpu => "Use --device cpu, or install the graphics driver (on Linux: its Vulkan package).",
                Self::Open { .. } => "Update the graphics driver, or use --device cpu.",
                Self::Execution(_) => {
                    "A smaller batch (--set batch_1=8) needs less memory; --device cpu always works. The run can be resumed."
                }
                Self::NotFinite { .. } => {
                    "Lower the learning rate (--set lr_encoder=..); the last good checkpoint is kept."
                }
            }
            .to_owned(),
        )
    }
}
