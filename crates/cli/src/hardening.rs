//! What a program that handles secrets asks of the operating system before it does anything else.

/// Keeps this process's memory to itself: no core dump of it is written, and on Linux no other program of the same user may read
/// it or attach a debugger. Programs that are started from here are not affected.
///
/// Where the system has no such thing, or refuses, nothing happens: it is a second line of defence.
pub fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // `execve` resets it, so what `exec` and editors start can dump core as always.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(all(unix, not(target_os = "linux")))]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Core);
        // The soft limit alone: a program started from here can raise it again.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
    }
}
