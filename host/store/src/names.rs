//! Small files by names: whoever is there first stays.
//!
//! What a market keeps of its tags. A file is written under another name, brought to the disk and linked to its own, which fails where
//! that is taken: of two at once exactly one is there, whole, whatever is killed in between. What may change ([`Names::set`]) is renamed
//! over what is there, and is one or the other.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use cap_std::{ambient_authority, fs::Dir};
use tokio::task;

/// Where files are written before they have their names. No segment begins with a dot.
const UNFINISHED: &str = ".unfinished";

/// Longest segment, in bytes: what file systems take.
const MAX_SEGMENT: usize = 255;

/// Largest file, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// A folder of small files. Clones are the same folder.
#[derive(Clone, Debug)]
pub struct Names(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    dir: Dir,
    next: AtomicU64,
}

impl Names {
    /// The folder, made when it is not there. What an earlier process left unfinished is removed. One process at a time.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Names> {
        Dir::create_ambient_dir_all(path, ambient_authority())?;
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        match dir.remove_dir_all(UNFINISHED) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => dir.create_dir(UNFINISHED)?,
        }
        Ok(Names(Arc::new(Folder {
            dir,
            next: AtomicU64::new(0),
        })))
    }

    /// The file with this name.
    ///
    /// # Errors
    /// The system's, and [`InvalidInput`](io::ErrorKind::InvalidInput) for what can be no name.
    pub async fn get(&self, name: &[&str]) -> io::Result<Option<Vec<u8>>> {
        let path = path_of(name)?;
        self.blocking(move |folder| folder.get(&path)).await
    }

    /// Writes a file unless there is one of this name: then that one's bytes are the answer. Durable when it returns.
    ///
    /// # Errors
    /// As [`Names::get`].
    pub async fn first(&self, name: &[&str], bytes: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let path = path_of(name)?;
        self.blocking(move |folder| folder.first(&path, &bytes))
            .await
    }

    /// Writes a file, whatever is there. Durable when it returns.
    ///
    /// # Errors
    /// As [`Names::get`].
    pub async fn set(&self, name: &[&str], bytes: Vec<u8>) -> io::Result<()> {
        let path = path_of(name)?;
        self.blocking(move |folder| folder.set(&path, &bytes)).await
    }

    /// Removes a file; nothing happens where it is not there.
    ///
    /// # Errors
    /// As [`Names::get`].
    pub async fn remove(&self, name: &[&str]) -> io::Result<()> {
        let path = path_of(name)?;
        self.blocking(move |folder| folder.remove(&path)).await
    }

    /// Every file below a name, with its own name from there on, for whoever may wait for the disk where they are: when a folder is opened.
    /// What is not `wanted` by its name is neither read nor gone into.
    ///
    /// # Errors
    /// As [`Names::get`].
    pub fn walk_now(
        &self,
        below: &[&str],
        wanted: &dyn Fn(&[String]) -> bool,
        each: &mut dyn FnMut(&[String], Vec<u8>),
    ) -> io::Result<()> {
        self.0.walk(&path_of(below)?, &mut Vec::new(), wanted, each)
    }

    /// Names of what is below a name, in their order, after `after`, at most `max`.
    ///
    /// # Errors
    /// As [`Names::get`].
    pub async fn list(
        &self,
        below: &[&str],
        after: Option<&str>,
        max: usize,
    ) -> io::Result<Vec<String>> {
        let (path, after) = (path_of(below)?, after.map(str::to_owned));
        let list = move |folder: &Folder| folder.list(&path, after.as_deref(), max);
        self.blocking(list).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let folder = self.0.clone();
        let done = task::spawn_blocking(move || work(&folder)).await;
        done.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl Folder {
    fn get(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match self.dir.metadata(path) {
            Ok(told) if told.len() > MAX_FILE => Err(io::ErrorKind::FileTooLarge.into()),
            Ok(told) if told.is_dir() => Ok(None),
            Ok(_) => self.dir.read(path).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn first(&self, path: &Path, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
        if let Some(there) = self.get(path)? {
            return Ok(Some(there));
        }
        let number = self.next.fetch_add(1, Relaxed).to_string();
        let unfinished = Path::new(UNFINISHED).join(number);
        let written = self.write(&unfinished, bytes);
        let linked = written.and_then(|()| self.link(&unfinished, path));
        // It has its name by now, or never gets it.
        let _ = self.dir.remove_file(&unfinished);
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.get(path),
            other => other.map(|()| None),
        }
    }

    fn set(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let number = self.next.fetch_add(1, Relaxed).to_string();
        let unfinished = Path::new(UNFINISHED).join(number);
        let written = self.write(&unfinished, bytes);
        let renamed = written.and_then(|()| self.rename(&unfinished, path));
        renamed.inspect_err(|_| drop(self.dir.remove_file(&unfinished)))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match self.dir.remove_file(path) {
            Err(error) if is_missing(&error) => Ok(()),
            other => other,
        }
    }

    fn walk(
        &self,
        path: &Path,
        at: &mut Vec<String>,
        wanted: &dyn Fn(&[String]) -> bool,
        each: &mut dyn FnMut(&[String], Vec<u8>),
    ) -> io::Result<()> {
        for name in self.list(path, None, usize::MAX)? {
            let path = path.join(&name);
            at.push(name);
            if wanted(at) {
                match self.get(&path)? {
                    Some(bytes) => each(at, bytes),
                    None => self.walk(&path, at, wanted, each)?,
                }
            }
            at.pop();
        }
        Ok(())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.dir.create(path)?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    }

    /// Names a file, and brings every folder on the way to the disk.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let parent = to.parent().unwrap_or(Path::new(""));
        self.dir.create_dir_all(parent)?;
        self.dir.hard_link(from, &self.dir, to)?;
        self.sync(parent)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let parent = to.parent().unwrap_or(Path::new(""));
        self.dir.create_dir_all(parent)?;
        self.dir.rename(from, &self.dir, to)?;
        self.sync(parent)
    }

    /// Brings a folder and those above it to the disk.
    fn sync(&self, parent: &Path) -> io::Result<()> {
        for folder in parent.ancestors() {
            let folder = match folder.as_os_str().is_empty() {
                true => Path::new("."),
                false => folder,
            };
            self.dir.open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn list(&self, path: &Path, after: Option<&str>, max: usize) -> io::Result<Vec<String>> {
        let folder = match path.as_os_str().is_empty() {
            true => self.dir.try_clone(),
            false => self.dir.open_dir(path),
        };
        let folder = match folder {
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in folder.entries()? {
            let Ok(name) = entry?.file_name().into_string() else {
                continue;
            };
            if is_segment(&name) && after.is_none_or(|after| name.as_str() > after) {
                names.push(name);
            }
        }
        names.sort_unstable();
        names.truncate(max);
        Ok(names)
    }
}

/// Nothing of this name, or something above it is a file.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn path_of(name: &[&str]) -> io::Result<PathBuf> {
    match name.iter().all(|segment| is_segment(segment)) {
        true => Ok(name.iter().collect()),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// ASCII letters, digits, `-`, `_` and `.`, the last not at the beginning.
fn is_segment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_SEGMENT).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::io::ErrorKind;

    use super::{Names, UNFINISHED};

    #[tokio::test]
    async fn what_is_there_first_stays() {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::open(folder.path()).unwrap();
        let first = names.first(&["a", "b"], b"one".to_vec()).await.unwrap();
        assert_eq!(first, None);
        let second = names.first(&["a", "b"], b"two".to_vec()).await.unwrap();
        assert_eq!(second.as_deref(), Some(&b"one"[..]));
        let names = Names::open(folder.path()).unwrap();
        let there = names.get(&["a", "b"]).await.unwrap();
        assert_eq!(there.as_deref(), Some(&b"one"[..]));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_many_at_once_one_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::open(folder.path()).unwrap();
        let mut tasks = Vec::new();
        for number in 0..16_u8 {
            let names = names.clone();
            let first = async move { names.first(&["tags", "1.0.0"], vec![number]).await.unwrap() };
            tasks.push(tokio::spawn(first));
        }
        let mut firsts = 0;
        for task in tasks {
            firsts += usize::from(task.await.unwrap().is_none());
        }
        assert_eq!(firsts, 1);
        let left = std::fs::read_dir(folder.path().join(UNFINISHED)).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[tokio::test]
    async fn odd_names_are_refused_and_lists_have_an_order() {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::open(folder.path()).unwrap();
        for odd in [
            "..",
            ".",
            "",
            "a/b",
            "a\0",
            ".unfinished",
            "ä",
            &"a".repeat(256),
        ] {
            let error = names.first(&["x", odd], Vec::new()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{odd}");
        }
        for name in ["c", "a", "b"] {
            names.first(&["x", name], Vec::new()).await.unwrap();
        }
        assert_eq!(names.list(&["x"], Some("a"), 9).await.unwrap(), ["b", "c"]);
        assert_eq!(names.list(&["x"], None, 1).await.unwrap(), ["a"]);
        assert_eq!(names.list(&[], None, 9).await.unwrap(), ["x"]);
        assert!(names.list(&["y"], None, 9).await.unwrap().is_empty());
        assert_eq!(names.get(&["x", "a", "deeper"]).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_may_change_is_replaced_removed_and_walked_through() {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::open(folder.path()).unwrap();
        for (name, bytes) in [("a", "one"), ("a", "two"), ("b", "three"), ("d", "no")] {
            names.set(&["x", name], bytes.into()).await.unwrap();
        }
        names.set(&["c"], b"beside".to_vec()).await.unwrap();
        let mut found = Vec::new();
        let mut each = |name: &[String], bytes: Vec<u8>| found.push((name.join("/"), bytes));
        let wanted = |name: &[String]| name[0] != "d";
        names.walk_now(&["x"], &wanted, &mut each).unwrap();
        let there = [("a", &b"two"[..]), ("b", b"three")];
        assert_eq!(
            found,
            there.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
        );
        names.remove(&["x", "a"]).await.unwrap();
        names.remove(&["x", "a"]).await.unwrap();
        assert_eq!(names.get(&["x", "a"]).await.unwrap(), None);
        let left = std::fs::read_dir(folder.path().join(UNFINISHED)).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        drop(Names::open(folder.path()).unwrap());
        let half = folder.path().join(UNFINISHED).join("7");
        std::fs::write(&half, b"half").unwrap();
        Names::open(folder.path()).unwrap();
        assert!(!half.exists());
    }
}
