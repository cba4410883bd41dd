//! How much memory processes take.

/// Looks at processes.
#[derive(Default)]
pub struct Memory {
    /// Kept, because it compares with what it saw before. None where this system does not tell.
    system: Option<sysinfo::System>,
}

impl Memory {
    /// Resident bytes of each process; 0 for one that is gone, or where the system does not tell.
    pub fn of(&mut self, processes: &[u32]) -> Vec<u64> {
        if self.system.is_none() {
            self.system = sysinfo::System::new().ok();
        }
        let Some(system) = &mut self.system else {
            return vec![0; processes.len()];
        };
        let pids: Vec<sysinfo::Pid> = processes.iter().map(|p| sysinfo::Pid::from_u32(*p)).collect();
        let kind = sysinfo::ProcessRefreshKind::nothing().with_memory();
        system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::Some(&pids), true, kind);
        pids.iter()
            .map(|pid| system.process(*pid).map_or(0, sysinfo::Process::memory))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
    fn this_process_takes_memory() {
        let found = super::Memory::default().of(&[std::process::id(), u32::MAX - 3]);
        assert!(found[0] > 1 << 20);
        assert_eq!(found[1], 0);
    }
}
