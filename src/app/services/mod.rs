//! Threads and the outside: the queue of jobs, the open project, files, thumbnails, native dialogs, memory. Each is asked by the shell and
//! answers in its own time; none knows the window.

pub mod dialogs;
pub mod file_probe;
pub mod memory;
mod paths;
pub mod project_thread;
mod tag_list;
pub mod thumbnails;
pub mod worker_queue;
