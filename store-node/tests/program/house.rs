//! A store's file in a folder of its own, and the program run on it.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;
use store_node::db::{Connection, ReadDb};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
const PROGRAM: &str = env!("CARGO_BIN_EXE_store-node");

/// What a run came to.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// What came of a request.
pub struct Answer {
    pub status: u16,
    pub media: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, media, body } = self;
        write!(f, "{status} {media} {:.300}", String::from_utf8_lossy(body))
    }
}

/// A node that runs; it ends with the test.
pub struct Node {
    child: Child,
    /// Kept open: a node whose words nobody takes any more would meet a broken pipe.
    words: Lines<BufReader<ChildStderr>>,
}

impl Node {
    /// What it says up to a line with this in it.
    pub fn until(&mut self, word: &str) -> Vec<String> {
        let mut said = Vec::new();
        for line in self.words.by_ref().map(Result::unwrap) {
            said.push(line);
            if said.last().is_some_and(|line| line.contains(word)) {
                return said;
            }
        }
        panic!("it ended without {word:?}: {said:#?}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub struct House {
    dir: tempfile::TempDir,
    ports: [u16; 3],
}

/// A file of the shared catalogues.
pub fn shared(name: &str) -> Option<String> {
    let root = std::env::var_os("LARDER_SHARED")?;
    Some(PathBuf::from(root).join("data/catalogue").join(name).display().to_string())
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program in a folder of its own where no store is, naming none.
pub fn run_homeless(words: &[&str]) -> Said {
    let nowhere = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(words).current_dir(nowhere.path()).stdin(Stdio::null()).env_remove("LARDER_STORE_CONFIG");
    let said = said(&mut command);
    assert_eq!(std::fs::read_dir(nowhere.path()).unwrap().count(), 0, "nothing was left there");
    said
}

fn free_ports() -> [u16; 3] {
    // All three are held before one is let go, so that they differ.
    let held = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

impl House {
    pub fn new() -> Self {
        Self::with_ports(free_ports())
    }

    fn with_ports(ports: [u16; 3]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ([http, tcp, ws], data) = (ports, dir.path().join("data"));
        let text = format!(
            "[store]\nid = \"s1\"\nname = \"Larder\"\ncity = \"Bengaluru\"\nlat = 12.9719\nlon = 77.6412\n\
             time_zone = \"Asia/Kolkata\"\nservice_radius_m = 3000\ncapacity_orders = 60\n\n\
             [node]\ndata_dir = \"{}\"\nhttp = \"127.0.0.1:{http}\"\n\n\
             [hub]\nurl = \"http://127.0.0.1:9\"\ntoken = \"a-token-for-these-tests-only\"\n\n\
             [broker]\nmode = \"embedded\"\nhost = \"127.0.0.1\"\ntcp_port = {tcp}\nwebsocket_port = {ws}\n\n\
             [layout]\naisle_spacing_cm = 300\nbay_spacing_cm = 100\nlevel_height_cm = 40\npacking_stations = 3\n\n\
             [[zones]]\nid = \"A\"\ntemp = \"ambient\"\naisles = 10\nbays = 25\nlevels = 5\n\n\
             [[people]]\nid = \"meena\"\nname = \"Meena\"\nrole = \"manager\"\ndemo_pin = \"8080\"\n\n\
             [[people]]\nid = \"asha\"\nname = \"Asha\"\nrole = \"picker\"\ndemo_pin = \"12345\"\n\n",
            data.display()
        );
        std::fs::write(dir.path().join("store.toml"), text).unwrap();
        Self { dir, ports }
    }

    /// Another store that wants the same broker's port.
    pub fn neighbour(&self) -> Self {
        let [http, _, ws] = free_ports();
        Self::with_ports([http, self.ports[1], ws])
    }

    pub fn replace(&self, from: &str, to: &str) {
        let path = self.dir.path().join("store.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    pub fn add_zone(&self, id: &str, temp: &str) {
        let zone = format!("[[zones]]\nid = \"{id}\"\ntemp = \"{temp}\"\naisles = 1\nbays = 2\nlevels = 2\n");
        let band = "band = { min_centi_c = 0, max_centi_c = 500, alarm_delay_s = 300 }\n\n[[people]]";
        self.replace("[[people]]\nid = \"meena\"", &format!("{zone}{band}\nid = \"meena\""));
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(words).arg("--config").arg(self.dir.path().join("store.toml"));
        command.stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
        command
    }

    pub fn run(&self, words: &[&str]) -> Said {
        said(&mut self.command(words))
    }

    pub fn import(&self, words: &[&str]) -> Said {
        self.run(&[&["import"], words].concat())
    }

    /// Starts the node; what it says is heard from its first word on.
    pub fn start(&self) -> Node {
        let mut command = self.command(&["serve"]);
        command.env("RUST_LOG", "info,store_node::uplink=debug").env("NO_COLOR", "1").stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let words = BufReader::new(child.stderr.take().unwrap()).lines();
        Node { child, words }
    }

    /// Starts the node and waits for its word that it is ready.
    pub fn serve(&self) -> Node {
        let mut node = self.start();
        node.until("ready");
        node
    }

    /// One request on a connection of its own: "METHOD /path", header lines, body. Of an answer without a length (a
    /// stream, to HEAD) only the head is read.
    pub fn call(&self, what: &str, headers: &str, body: &str) -> Answer {
        let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports[0])).unwrap();
        line.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(line, "{what} HTTP/1.1\r\nhost: s1\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
            .unwrap();
        let mut reader = BufReader::new(line);
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{what}: {head:?}");
        }
        let head = head.to_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if let Some(text) = field("content-length:").filter(|_| !what.starts_with("HEAD ")) {
            length = text.parse().unwrap();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let media = field("content-type:").unwrap_or_default().split(';').next().unwrap().to_owned();
        Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), media, body }
    }

    pub fn has_data(&self) -> bool {
        self.dir.path().join("data").exists()
    }

    fn database(&self) -> PathBuf {
        store_node::run::database(&self.dir.path().join("data"))
    }

    /// Does to the database what no program does.
    pub fn tamper(&self, sql: &str) {
        Connection::open(self.database()).unwrap().execute_batch(sql).unwrap();
    }

    /// Flips bits of one of these bytes, wherever they stand in the file; says how often they do.
    pub fn flip(&self, bytes: &[u8], which: usize, bits: u8) -> usize {
        let path = self.database();
        let mut file = std::fs::read(&path).unwrap();
        let places: Vec<usize> =
            file.windows(bytes.len()).enumerate().filter(|(_, at)| *at == bytes).map(|(at, _)| at).collect();
        for at in &places {
            file[*at + which] ^= bits;
        }
        std::fs::write(path, file).unwrap();
        places.len()
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> T) -> T {
        let mut db = ReadDb::open(&self.database()).unwrap();
        db.snapshot(|conn| Ok::<T, store_node::db::DbError>(query(conn))).unwrap()
    }

    pub fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.read(|conn| conn.query_row(&sql, [], |row| row.get(0)).unwrap())
    }

    pub fn price(&self, sku: &str) -> i64 {
        self.read(|conn| {
            conn.query_row("SELECT price FROM sku WHERE sku = ?1", [sku], |row| row.get(0)).unwrap()
        })
    }

    /// Units on hand, by product.
    pub fn stock(&self) -> Vec<(String, i64)> {
        self.read(|conn| {
            let sql = "SELECT sku, sum(on_hand) FROM stock GROUP BY sku ORDER BY sku";
            let mut statement = conn.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        })
    }
}
