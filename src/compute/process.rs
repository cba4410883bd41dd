//! What the graphics stack needs of the process before it starts.

/// Keeps Mesa's device selection from complaining on standard error.
///
/// On Linux that layer of Vulkan asks the Wayland compositor for its GPU whenever adapters are listed; where `XDG_RUNTIME_DIR` is missing (a
/// service, `sudo`, a container) the Wayland library prints `error: XDG_RUNTIME_DIR is invalid or not set` twice each time. There is no
/// compositor to ask then: the layer is left out. A choice of GPU that the user has made through it is respected.
///
/// # Safety
/// No other thread may run in this process: the environment is changed.
pub(crate) unsafe fn quiet_vulkan_loader() {
    #[cfg(target_os = "linux")]
    {
        let is_set = |name: &str| std::env::var_os(name).is_some();
        let compositor = std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|d| std::path::Path::new(&d).is_absolute());
        let chosen = ["DRI_PRIME", "MESA_VK_DEVICE_SELECT", "NODEVICE_SELECT"]
            .into_iter()
            .any(is_set);
        if !compositor && !chosen {
            // SAFETY: the caller promises that no other thread reads the environment meanwhile.
            unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
        }
    }
}
