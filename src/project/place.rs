//! Paths in the database, and what kind of disk a project lies on.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, Value, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::{Component, Path, PathBuf};

/// A path as the database keeps it: TEXT where it is Unicode, else the system's own form as BLOB, so that every path
/// comes back exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPath(pub PathBuf);

impl ToSql for StoredPath {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0.to_str() {
            Some(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            None => ToSqlOutput::Owned(Value::Blob(raw(&self.0))),
        })
    }
}

impl FromSql for StoredPath {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(_) => Ok(Self(value.as_str()?.into())),
            _ => Ok(Self(from_raw(value.as_blob()?))),
        }
    }
}

impl Serialize for StoredPath {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => out.serialize_str(text),
            None => raw(&self.0).serialize(out),
        }
    }
}

impl<'de> Deserialize<'de> for StoredPath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(PathBuf),
            Raw(Vec<u8>),
        }
        Ok(Self(match Either::deserialize(from)? {
            Either::Text(path) => path,
            Either::Raw(bytes) => from_raw(&bytes),
        }))
    }
}

/// Paths in JSON: text where they are Unicode, else their bytes, so that every path comes back exactly. For `#[serde(with)]`.
pub mod json {
    use super::{Deserialize, Deserializer, Path, PathBuf, Serialize, Serializer, StoredPath};

    pub fn serialize<S: Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
        StoredPath(path.to_path_buf()).serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        StoredPath::deserialize(from).map(|path| path.0)
    }
}

/// As [`json`], for paths that may be missing.
pub mod json_option {
    use super::{Deserialize, Deserializer, PathBuf, Serialize, Serializer, StoredPath};

    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, out: S) -> Result<S::Ok, S::Error> {
        path.clone().map(StoredPath).serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<StoredPath>::deserialize(from)?.map(|path| path.0))
    }
}

/// As [`json`], for several paths.
pub mod json_list {
    use super::{Deserialize, Deserializer, PathBuf, Serializer, StoredPath};

    pub fn serialize<S: Serializer>(paths: &[PathBuf], out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(paths.iter().cloned().map(StoredPath))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
        let paths = Vec::<StoredPath>::deserialize(from)?;
        Ok(paths.into_iter().map(|path| path.0).collect())
    }
}

#[cfg(unix)]
fn raw(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
fn from_raw(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(windows)]
fn raw(path: &Path) -> Vec<u8> {
    use std::os::windows::ffi::OsStrExt;
    path.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect()
}

#[cfg(windows)]
fn from_raw(bytes: &[u8]) -> PathBuf {
    use std::os::windows::ffi::OsStringExt;
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|b| u16::from_le_bytes([b[0], b[1]]))
        .collect();
    std::ffi::OsString::from_wide(&units).into()
}

/// The way from `folder` to `path` (both absolute), where they share more than the root.
pub fn relative(folder: &Path, path: &Path) -> Option<PathBuf> {
    let (from, to): (Vec<_>, Vec<_>) = (folder.components().collect(), path.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if !from[..shared].iter().any(|c| matches!(c, Component::Normal(_))) {
        return None;
    }
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - shared);
    Some(up.chain(to[shared..].iter().copied()).collect())
}

/// Where a picture is now. As long as the project stays where the picture was imported, no disk access is needed;
/// otherwise the imported place is tried first, then the one relative to the project.
pub fn resolve(folder: &Path, imported_in: &Path, path: PathBuf, relative: Option<PathBuf>) -> PathBuf {
    if folder == imported_in || path.exists() {
        return path;
    }
    match relative.map(|relative| normal(&folder.join(relative))) {
        Some(moved) if moved.exists() => moved,
        _ => path,
    }
}

/// Without `..`, so that the path reads well. Usually no folder on the way is a symbolic link; where the shorter path
/// does not exist, the original is kept.
fn normal(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            short.pop();
        } else {
            short.push(component);
        }
    }
    if short.exists() { short } else { path.to_path_buf() }
}

/// Whether `folder` lies on a network file system, where SQLite's write-ahead log is not safe.
pub fn on_network(folder: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        std::fs::read_to_string("/proc/self/mounts").is_ok_and(|mounts| network_mount(&mounts, &real))
    }
    #[cfg(not(target_os = "linux"))]
    {
        use std::path::Prefix;
        let unc =
            |c| matches!(c, Component::Prefix(p) if matches!(p.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)));
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        real.components().next().is_some_and(unc)
    }
}

/// Whether the mount (of `/proc/self/mounts`) that holds `folder` is a network file system.
#[cfg(any(target_os = "linux", test))]
fn network_mount(mounts: &str, folder: &Path) -> bool {
    const NETWORK: [&str; 12] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "davfs",
    ];
    let parse = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        let place = fields
            .next()?
            .replace("\\040", " ")
            .replace("\\011", "\t")
            .replace("\\134", "\\");
        Some((PathBuf::from(place), fields.next()?.to_owned()))
    };
    mounts
        .lines()
        .filter_map(parse)
        .filter(|(place, _)| folder.starts_with(place))
        // Of mounts at the same place the last one is seen, which is what `max_by_key` takes.
        .max_by_key(|(place, _)| place.components().count())
        .is_some_and(|(_, kind)| NETWORK.contains(&kind.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn relative_paths_need_a_shared_folder() {
        let way = |a: &str, b: &str| relative(Path::new(a), Path::new(b));
        assert_eq!(
            way("/data/p.patchlight", "/data/pics/a.jpg"),
            Some("../pics/a.jpg".into())
        );
        assert_eq!(
            way("/data/p.patchlight", "/data/p.patchlight/a.jpg"),
            Some("a.jpg".into())
        );
        assert_eq!(way("/data/p.patchlight", "/mnt/a.jpg"), None);
    }

    #[test]
    #[cfg(unix)]
    fn the_innermost_mount_decides() {
        let mounts = "/dev/a / ext4 rw 0 0\nserver:/x /mnt/my\\040share nfs4 rw 0 0\n/dev/b /mnt/my\\040share/local ext4 rw 0 0\n";
        assert!(network_mount(mounts, Path::new("/mnt/my share/p.patchlight")));
        assert!(!network_mount(mounts, Path::new("/mnt/my share/local/p.patchlight")));
        assert!(!network_mount(mounts, Path::new("/mnt/my shared/p.patchlight")));
    }
}
