use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Existing, NewFile, Staged, Version, replace, update};
#[cfg(target_os = "linux")]
use super::{State, temporary::Temporary};

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_new_file_is_made_and_an_old_one_replaced() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a");
    replace(&path, b"one", NewFile::Shared).unwrap();
    replace(&path, b"two", NewFile::Shared).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(names(directory.path()), ["a"]);
}

#[test]
fn staged_contents_leave_no_trace_unless_committed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a");
    replace(&path, b"old", NewFile::Shared).unwrap();
    let staged = Staged::new(&path, b"new", NewFile::Shared, Existing::Replace).unwrap();
    #[cfg(target_os = "linux")]
    if matches!(staged.state, State::Temporary { temporary: Temporary::Unnamed(_), .. }) {
        // What a kill would leave behind now.
        assert_eq!(names(directory.path()), ["a"]);
    }
    drop(staged);
    drop(Staged::new(&path, b"new", NewFile::Shared, Existing::Replace).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(directory.path()), ["a"]);
}

#[test]
fn a_file_that_has_to_stay_stays() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a");
    let staged = Staged::new(&path, b"new", NewFile::Private, Existing::Keep).unwrap();
    replace(&path, b"came between", NewFile::Shared).unwrap();
    let error = staged.commit().unwrap_err();
    assert_eq!(error.error.kind(), std::io::ErrorKind::AlreadyExists);
    assert!(Staged::new(&path, b"new", NewFile::Private, Existing::Keep).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"came between");
    assert_eq!(names(directory.path()), ["a"]);
}

#[test]
fn a_file_that_somebody_else_has_changed_is_left_to_them() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a");
    let version = || Version::of(&fs::metadata(&path).unwrap());
    let refusal = |read: &Version| {
        let error = update(&path, b"ours", NewFile::Shared, Some(read)).unwrap_err();
        assert_eq!(names(path.parent().unwrap()).len(), usize::from(path.exists()), "nothing is left behind");
        error.error.to_string()
    };
    replace(&path, b"one", NewFile::Shared).unwrap();
    let read = version();
    update(&path, b"two", NewFile::Shared, Some(&read)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");

    // Another file has taken the name.
    assert!(refusal(&read).contains("somebody else has changed it"));
    // The same file, of another length or time.
    let read = version();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"!").unwrap();
    assert!(refusal(&read).contains("somebody else has changed it"));
    let read = version();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(refusal(&read).contains("somebody else has changed it"));
    assert_eq!(fs::read(&path).unwrap(), b"two!");
    let read = version();
    drop(file);
    fs::remove_file(&path).unwrap();
    assert!(refusal(&read).contains("somebody else has removed it"));
    assert!(!path.exists());
    update(&path, b"new", NewFile::Shared, None).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_directory_or_a_missing_directory_is_an_error() {
    let directory = TempDir::new().unwrap();
    assert!(replace(directory.path(), b"x", NewFile::Shared).is_err());
    let error = replace(&directory.path().join("no/file"), b"x", NewFile::Shared).unwrap_err();
    assert_eq!(error.error.kind(), std::io::ErrorKind::NotFound);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::{NewFile, TempDir, fs, names, replace};

    fn mode(path: &std::path::Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn modes_are_private_when_asked_and_kept_otherwise() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("key");
        for (new, kept) in
            [(NewFile::Private, 0o600), (NewFile::PrivateIfNew, 0o644), (NewFile::Shared, 0o644)]
        {
            replace(&path, b"x", new).unwrap();
            assert_eq!(mode(&path) == 0o600, new != NewFile::Shared, "{new:?}");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            replace(&path, b"y", new).unwrap();
            assert_eq!(mode(&path), kept, "{new:?}");
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn owner_and_group_are_kept() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("a");
        replace(&path, b"x", NewFile::Shared).unwrap();
        // Only root may give files away.
        if std::os::unix::fs::chown(&path, Some(12345), Some(54321)).is_ok() {
            replace(&path, b"y", NewFile::Shared).unwrap();
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!((metadata.uid(), metadata.gid()), (12345, 54321));
        }
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn links_stay_and_what_they_point_to_is_replaced() {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("real")).unwrap();
        let (link, second) = (directory.path().join("link"), directory.path().join("second"));
        symlink("real/file", &link).unwrap();
        symlink("link", &second).unwrap();
        // The link dangles at first.
        for contents in ["one", "two"] {
            replace(&second, contents.as_bytes(), NewFile::Shared).unwrap();
            assert_eq!(fs::read_to_string(directory.path().join("real/file")).unwrap(), contents);
            assert!(link.is_symlink() && second.is_symlink());
        }
        assert_eq!(names(&directory.path().join("real")), ["file"]);
        symlink("loop", directory.path().join("loop")).unwrap();
        assert!(replace(&directory.path().join("loop"), b"x", NewFile::Shared).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_in_memory_are_files_and_open_files_are_not_overwritten() {
        use std::io::Write;
        use std::os::fd::AsRawFd;

        if let Ok(directory) = TempDir::new_in("/dev/shm") {
            let path = directory.path().join("a");
            replace(&path, b"a long text", NewFile::Private).unwrap();
            replace(&path, b"short", NewFile::Private).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"short");
        }
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("log");
        let mut log = fs::File::create(&path).unwrap();
        log.write_all(b"first\n").unwrap();
        let link = directory.path().join("link");
        symlink(format!("/proc/self/fd/{}", log.as_raw_fd()), &link).unwrap();
        replace(format!("/dev/fd/{}", log.as_raw_fd()).as_ref(), b"second\n", NewFile::Private).unwrap();
        replace(&link, b"third\n", NewFile::Private).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first\nsecond\nthird\n");
        assert_eq!(log.metadata().unwrap().ino(), fs::metadata(&path).unwrap().ino());
    }

    #[test]
    fn devices_are_written_to_and_not_replaced() {
        replace("/dev/null".as_ref(), b"x", NewFile::Shared).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
