//! A PostgreSQL of our own on loopback, thrown away afterwards.
//!
//! A shell keeps it: it starts, kills and restarts the server as it is told, and when this process has gone, however that
//! happened, its input ends and it removes everything. PostgreSQL refuses to run as root; there it runs as `nobody`.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{LazyLock, Mutex},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a server may take to be ready, on a busy machine.
const READY: Duration = Duration::from_secs(60);

/// One for all checks of a test binary; each check has a schema of its own in it.
pub static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);

const KEEPER: &str = r#"
# Whatever ends this process's group: what is left is still to be removed.
trap "" HUP INT TERM
stop() { kill -QUIT "$server" 2>/dev/null; wait "$server"; }
# A start that is asked for while an earlier one is still at it would fail, and be taken for the server.
server=none
is_over() { case $(cut -d" " -f3 "/proc/$server/stat" 2>/dev/null) in Z | "") true ;; *) false ;; esac; }
while read -r order; do
    case $order in
        start) if is_over; then "$@" </dev/null >>"$KEPT/log" 2>&1 & server=$!; fi ;;
        kill) kill -KILL "$server" 2>/dev/null; wait "$server" ;;
    esac
done
stop
rm -rf "$KEPT"
"#;

/// A running server.
pub struct Cluster {
    programs: PathBuf,
    dir: PathBuf,
    port: u16,
    password: String,
    orders: Mutex<ChildStdin>,
    _keeper: Child,
}

impl Cluster {
    /// Makes a cluster and waits until it answers.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with further settings, `name=value`.
    pub fn with(settings: &[&str]) -> Self {
        Self::made(settings, password(), initialise)
    }

    /// A server that follows this one, and can take its place ([`Cluster::promote`]).
    pub fn standby(&self) -> Self {
        let copy = |programs: &Path, dir: &Path, password: &str| {
            let mut command = unprivileged(programs.join("pg_basebackup"), dir);
            let port = self.port.to_string();
            command
                .env("PGPASSWORD", password)
                .arg("-D")
                .arg(dir.join("data"));
            command.args(["-h", "127.0.0.1", "-p", &port, "-U", "metier"]);
            command.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
            succeed(command);
        };
        Self::made(&[], self.password.clone(), copy)
    }

    /// Makes a standby the server.
    pub fn promote(&self) {
        let mut command = unprivileged(self.programs.join("pg_ctl"), &self.dir);
        command
            .args(["promote", "--wait", "-D"])
            .arg(self.dir.join("data"));
        succeed(command);
    }

    /// The address of whichever of the two can be written to.
    pub fn url_of_either(&self, other: &Cluster) -> String {
        format!(
            "postgres://metier:{}@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
            self.password, self.port, other.port
        )
    }

    fn made(
        settings: &[&str],
        password: String,
        initialise: impl FnOnce(&Path, &Path, &str),
    ) -> Self {
        let programs = programs().expect(
            "no PostgreSQL found: install Debian's `postgresql`, or put `postgres` into the PATH",
        );
        let dir = tempfile::Builder::new()
            .prefix("metier-postgres-")
            .tempdir()
            .unwrap()
            .keep();
        if let Some((user, group)) = nobody() {
            chown(&dir, Some(user), Some(group)).unwrap();
        }
        initialise(&programs, &dir, &password);
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut keeper = unprivileged("sh", &dir);
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(dir.join("data"));
        let fixed = [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".into(),
            "unix_socket_directories=".into(),
        ];
        for setting in fixed
            .iter()
            .map(String::as_str)
            .chain(["max_connections=300"])
            .chain(settings.iter().copied())
        {
            keeper.args(["-c", setting]);
        }
        let mut keeper = keeper
            .env("KEPT", &dir)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let orders = Mutex::new(keeper.stdin.take().unwrap());
        let cluster = Cluster {
            programs,
            dir,
            port,
            password,
            orders,
            _keeper: keeper,
        };
        cluster.order("start");
        cluster.wait();
        cluster
    }

    /// The address for a store in this schema.
    pub fn url(&self, schema: &str) -> String {
        format!("{}?options=-csearch_path%3D{schema}", self.plain_url())
    }

    /// The address of the database.
    pub fn plain_url(&self) -> String {
        format!(
            "postgres://metier:{}@127.0.0.1:{}/postgres",
            self.password, self.port
        )
    }

    /// Kills the server with all that was going on in it.
    pub fn kill(&self) {
        self.order("kill");
        // A busy machine may be slow to obey and slow to answer, and processes that serve a connection may answer once more
        // until they notice: it counts as dead when it does not answer now and a while later.
        for _ in 0..2 {
            while self.is_ready() {
                sleep(Duration::from_millis(10));
            }
            sleep(Duration::from_secs(2));
        }
    }

    /// Starts it again after [`Cluster::kill`].
    pub fn restart(&self) {
        let start = Instant::now();
        // The old server's processes end when they notice; until then a new one refuses to start.
        while !self.is_ready() {
            assert!(start.elapsed() < READY, "{}", self.log());
            self.order("start");
            sleep(Duration::from_millis(500));
        }
    }

    fn order(&self, order: &str) {
        writeln!(self.orders.lock().unwrap(), "{order}").unwrap();
    }

    fn wait(&self) {
        let start = Instant::now();
        while !self.is_ready() {
            assert!(start.elapsed() < READY, "{}", self.log());
            sleep(Duration::from_millis(50));
        }
    }

    fn is_ready(&self) -> bool {
        let mut command = Command::new(self.programs.join("pg_isready"));
        let port = self.port.to_string();
        command
            .args(["-q", "-h", "127.0.0.1", "-p", &port, "-U", "metier"])
            .status()
            .unwrap()
            .success()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

/// The folder with `postgres` and `initdb`: the newest of Debian's, or one of the PATH.
pub fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    found.sort_by_key(|bin| {
        bin.parent()
            .and_then(|dir| dir.file_name()?.to_str()?.parse::<u32>().ok())
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = found.into_iter().rev().chain(std::env::split_paths(&path));
    let real = |bin: PathBuf| {
        bin.join("postgres")
            .canonicalize()
            .ok()?
            .parent()
            .map(Path::to_owned)
    };
    all.filter_map(real)
        .find(|bin| bin.join("initdb").exists() && bin.join("pg_isready").exists())
}

fn initialise(programs: &Path, dir: &Path, password: &str) {
    let file = dir.join("password");
    fs::write(&file, password).unwrap();
    if let Some((user, group)) = nobody() {
        chown(&file, Some(user), Some(group)).unwrap();
    }
    let mut command = unprivileged(programs.join("initdb"), dir);
    command
        .arg("-D")
        .arg(dir.join("data"))
        .arg(format!("--pwfile={}", file.display()));
    command.args([
        "-U",
        "metier",
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    succeed(command);
}

fn succeed(mut command: Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn unprivileged(program: impl AsRef<std::ffi::OsStr>, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env("LC_ALL", "C");
    if let Some((user, group)) = nobody() {
        command.uid(user).gid(group);
    }
    command
}

/// Whom to run as when we are root.
fn nobody() -> Option<(u32, u32)> {
    let root = fs::metadata("/proc/self")
        .map(|proc| std::os::unix::fs::MetadataExt::uid(&proc) == 0)
        .unwrap_or(false);
    if !root {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users
        .lines()
        .find(|line| line.starts_with("nobody:"))
        .expect("a user `nobody`");
    let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next()?, fields.next()?))
}

fn password() -> String {
    let mut bytes = [0; 16];
    std::io::Read::read_exact(&mut fs::File::open("/dev/urandom").unwrap(), &mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
