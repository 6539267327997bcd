//! What a command costs in the core alone: no socket, no disk, no kernel.
//!
//! `cargo bench -p node` drives three nodes in one thread, messages and syncs at once, and prints
//! nanoseconds per command, all three nodes together. `cargo bench -p node -- 'GET at follower, 16'
//! 5000` runs those lines alone whose name has these words, 5000 commands each: few enough to count
//! instructions, under `valgrind --tool=callgrind`: other work on the machine does not count then.

#![allow(clippy::disallowed_methods, reason = "a bench looks at the clock; the core does not")]

use std::time::Instant;

use bytes::Bytes;
use node::*;

struct Cluster {
    nodes: Vec<Node>,
    inboxes: Vec<Vec<Input>>,
    now_ms: u64,
    replies: usize,
}

impl Cluster {
    fn new(level: Level, order: Order) -> Cluster {
        let members: Vec<_> = (1..=3).map(|id| (NodeId(id), String::new())).collect();
        let config = |id| Config {
            id: NodeId(id),
            members: members.clone(),
            order,
            level,
            request_timeout_ms: 3000,
            max_clock_drift_ms: 500,
            max_memory: None,
            seed: id,
            incarnation: id,
            directory: DirectoryId(id),
            discard_state: false,
            join: false,
        };
        let nodes = (1..=3).map(|id| Recovery::new(config(id)).finish().unwrap()).collect();
        let mut cluster = Cluster { nodes, inboxes: vec![vec![]; 3], now_ms: 0, replies: 0 };
        while !cluster
            .nodes
            .iter()
            .all(|node| node.status().ready && node.status().leader.is_some())
        {
            cluster.now_ms += 10;
            cluster.round();
        }
        cluster
    }

    fn leader(&self) -> usize {
        self.nodes.iter().position(|node| node.status().role == Role::Leader).unwrap()
    }

    /// One turn of each node; true if anything was said.
    fn round(&mut self) -> bool {
        let mut outputs = vec![];
        let mut busy = false;
        for at in 0..3 {
            let mut inputs = std::mem::take(&mut self.inboxes[at]);
            let now = Now { monotonic_ms: self.now_ms, wall_ms: self.now_ms };
            inputs.insert(0, Input::Tick(now));
            self.nodes[at].turn(&mut inputs, &mut outputs);
            for output in outputs.drain(..) {
                busy = true;
                match output {
                    Output::Persist { ticket, .. } => {
                        let place = LogPlace(0);
                        self.inboxes[at].push(Input::Persisted { ticket, place });
                    }
                    Output::Send { to, message, .. } => {
                        let path = Some(PathId(at as u64));
                        let input = Input::Receive { path, message };
                        self.inboxes[to.0 as usize - 1].push(input);
                    }
                    Output::SendBack { path, message } => {
                        self.inboxes[path.0 as usize].push(Input::Receive { path: None, message });
                    }
                    Output::Reply { .. } => self.replies += 1,
                    Output::Note(_) | Output::Halt { .. } => {}
                    // Trust and connections, and snapshots, of which the bench takes none.
                    _ => {}
                }
            }
        }
        busy
    }

    fn run(
        &mut self,
        at: usize,
        batch: usize,
        total: usize,
        command: impl Fn(u64) -> Command,
    ) -> f64 {
        let start = Instant::now();
        let mut asked = 0;
        while asked < total {
            for _ in 0..batch {
                asked += 1;
                self.inboxes[at].push(Input::Request {
                    session: SessionId(asked as u64 % 64),
                    id: RequestId(asked as u64),
                    level: None,
                    command: command(asked as u64),
                });
            }
            let due = self.replies + batch;
            while self.replies < due {
                self.round();
            }
        }
        while self.round() {}
        start.elapsed().as_nanos() as f64 / asked as f64
    }
}

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let wanted = words.next().unwrap_or_default();
    let count = words.next().map(|word| word.parse::<usize>().expect("a number of commands"));
    let value = Bytes::from(vec![b'x'; 100]);
    let key = |n: u64| Bytes::from(format!("key:{:012}", n.wrapping_mul(2654435761) % 100_000));
    println!("{:<46} {:>8}", "", "ns/op");
    for batch in [1, 16, 1024] {
        for (name, level, order) in [
            ("linearizable", Level::Linearizable, Order::Agreed),
            ("sequential", Level::Sequential, Order::Agreed),
            ("eventual", Level::Eventual, Order::Merged),
        ] {
            let total = count.unwrap_or(if batch == 1 { 20_000 } else { 200_000 });
            let mut cluster = Cluster::new(level, order);
            let is_wanted = |line: &str| line.contains(&wanted);
            let (leader, follower) = (cluster.leader(), (cluster.leader() + 1) % 3);
            let set = |n| Command::set(key(n), value.clone());
            for (who, at) in [("leader", leader), ("follower", follower)] {
                let line = format!("{name} SET at {who}, {batch} a turn");
                if is_wanted(&line) {
                    let ns = cluster.run(at, batch, total, set);
                    println!("{line:<46} {ns:>8.0}");
                }
            }
            if order == Order::Agreed {
                let five =
                    |n| Command::list(&std::array::from_fn::<_, 5, _>(|i| set(5 * n + i as u64)));
                let line = format!("{name} EXEC of five at follower, {batch} a turn");
                if is_wanted(&line) {
                    let exec = |n| five(n).expect("it is short");
                    let ns = cluster.run(follower, batch, total / 5, exec);
                    println!("{line:<46} {ns:>8.0}");
                }
            }
            let line = format!("{name} GET at follower, {batch} a turn");
            if is_wanted(&line) {
                let ns = cluster.run(follower, batch, total, |n| Command::get(key(n)));
                println!("{line:<46} {ns:>8.0}");
            }
        }
    }
}
