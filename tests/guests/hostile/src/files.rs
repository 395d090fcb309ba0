//! Leaving the granted directories, and writing where only reading was granted.

use std::fs;

use guest_kit::wasi::filesystem::preopens;
use guest_kit::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};

use crate::verdict::Verdict;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    Some(match behaviour {
        "preopens" => directories(),
        "read" => Verdict::all(argument.lines().map(|path| (path, read(path)))),
        "read-raw" => Verdict::all(argument.lines().map(|path| (path, read_raw(path)))),
        "change" => change(argument),
        "link-out" => link_out(argument),
        "rename-out" => rename_out(argument),
        _ => return None,
    })
}

fn directories() -> Verdict {
    let names: Vec<String> = preopens::get_directories()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    Verdict::Fact(names.join(" "))
}

/// Through the standard library, as an unsuspecting program would.
fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Through every directory handle there is, with the path exactly as given.
fn read_raw(path: &str) -> Result<String, String> {
    let directories = preopens::get_directories();
    let open = |directory: &Descriptor| {
        let flags = PathFlags::SYMLINK_FOLLOW;
        directory.open_at(flags, path, OpenFlags::empty(), DescriptorFlags::READ)
    };
    let opened = directories
        .iter()
        .find_map(|(directory, _)| open(directory).ok());
    let file = opened.ok_or("no directory opens it")?;
    let (bytes, _) = file
        .read(1 << 16, 0)
        .map_err(|error| format!("{error:?}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Every way of changing something in `directory`, which holds a file called `file`.
fn change(directory: &str) -> Verdict {
    let file = format!("{directory}/file");
    let new = format!("{directory}/new");
    let append = || fs::OpenOptions::new().append(true).open(&file).map(drop);
    let truncate = || {
        fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&file)
            .map(drop)
    };
    let attempts = [
        ("overwrite", fs::write(&file, "changed")),
        ("create", fs::write(&new, "new")),
        ("append", append()),
        ("truncate", truncate()),
        ("remove", fs::remove_file(&file)),
        ("rename", fs::rename(&file, &new)),
        ("hard link", fs::hard_link(&file, &new)),
        ("directory", fs::create_dir(&new)),
    ];
    let words = |(name, attempt): (_, std::io::Result<()>)| {
        (
            name,
            attempt
                .map(|()| "done".to_owned())
                .map_err(|error| error.to_string()),
        )
    };
    Verdict::all(attempts.map(words))
}

/// Make symbolic links that point out of `directory`, and read through them.
fn link_out(argument: &str) -> Verdict {
    let (directory, target) = argument
        .split_once(' ')
        .unwrap_or((argument, "/etc/passwd"));
    let climbing = format!("../../../../../../../../../..{target}");
    let through = |name: &str, target: &str| {
        let (handle, _) = preopens::get_directories()
            .into_iter()
            .next()
            .ok_or("no directory")?;
        handle
            .symlink_at(target, name)
            .map_err(|error| format!("link: {error:?}"))?;
        read(&format!("{directory}/{name}"))
    };
    Verdict::all([
        ("absolute", through("absolute", target)),
        ("climbing", through("climbing", &climbing)),
    ])
}

/// Move a file of its own to a place outside.
fn rename_out(argument: &str) -> Verdict {
    let (directory, target) = argument.split_once(' ').unwrap_or((argument, "../stolen"));
    let own = format!("{directory}/own");
    let made = fs::write(&own, "mine");
    Verdict::of(made.and_then(|()| fs::rename(&own, format!("{directory}/{target}"))))
}
