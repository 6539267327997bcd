//! The world: everything there is, and the one loop that moves it.
//!
//! Begin with [`World::run`]. What an event does stands in the files beside this one:
//!
//! - `lifecycle.rs`: nodes start and end; `turn.rs`: they take turns; `links.rs`: what goes
//!   between them;
//! - `requests.rs`: what goes between clients and nodes; `serving.rs`: whose answers these are;
//! - `operator.rs`: members come and go;
//! - `faults.rs`: how faults begin and end, with `staged_faults.rs` for those of several steps;
//! - `ending.rs`: nothing breaks any more, and progress is demanded;
//! - `reporting.rs`: what becomes of the world.

pub(crate) mod event;
pub(crate) mod event_queue;
pub(crate) mod panic;

mod ending;
mod fault_state;
mod faults;
mod lifecycle;
mod links;
mod operator;
mod reporting;
mod requests;
mod serving;
mod stage;
mod staged_faults;
mod stats;
mod turn;

use node::{Input, Output, SessionId};

use event::Event;
use event_queue::EventQueue;
use fault_state::FaultState;
use operator::Operator;
use serving::Serving;
use stage::Ending;
use stats::Stats;

use crate::env::client::{Client, Source};
use crate::env::host::Host;
use crate::env::network::Network;
use crate::invariants;
use crate::invariants::invariant::Invariant;
use crate::invariants::verdict::Judgement;
use crate::invariants::violation::Violation;
use crate::options::Options;
use crate::plan::Plan;
use crate::plan::chance::{Chance, Subject};
use crate::plan::fault::Kind;
use crate::record::operation::Operation;
use crate::record::recorder::Recorder;
use crate::record::trace::Trace;
use crate::report::Report;
use crate::sabotage::{Sabotage, Saboteur};

/// Runs the world of a seed.
pub fn run(seed: u64, options: &Options) -> Report {
    panic::mark(seed);
    #[cfg(feature = "mutants")]
    let _planted = node::plant(options.mutant);
    World::new(Plan::draw(seed, options), options).run()
}

/// How long before a fault clients begin to hurry: so that it begins while there is work under way.
const RUSH_US: u64 = 3_000;
/// How long after a fault that lasts clients hurry again: when there may be a new leader, and the
/// old one need not know.
const CHANGE_US: [u64; 4] = [600_000, 700_000, 850_000, 1_000_000];

/// A world.
struct World {
    plan: Plan,
    saboteur: Saboteur,
    queue: EventQueue,
    hosts: Vec<Host>,
    /// Under which keyspaces each serves the keys that change hands.
    serving: Vec<Serving>,
    network: Network,
    clients: Vec<Client>,
    /// Everything that clients asked, in order.
    record: Vec<Operation>,
    /// How many of them are open.
    open: u64,
    /// How many more clients may ask for before all heals.
    operations_left: u64,
    /// Whether the judge is asked.
    judged: bool,
    ending: Ending,
    operator: Operator,
    trace: Trace,
    recorder: Recorder,
    stats: Stats,
    invariants: Vec<Box<dyn Invariant>>,
    /// What each fault of the plan does now.
    faults: Vec<FaultState>,
    /// How many coups go on.
    coups: u32,
    /// When an operation was done last.
    last_done_us: u64,
    /// Since when clients wait and nothing is done.
    waiting_since_us: Option<u64>,
    next_number: u64,
    next_session: u64,
    violation: Option<Violation>,
    /// What the judge says.
    judgements: Vec<Judgement>,
    /// Whether the network is whole for good.
    healed: bool,
    disks: Chance,
    turns: Chance,
    /// Room for a turn: the wall clocks of all nodes, what it takes in, what it gives out.
    walls_ms: Vec<u64>,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

impl World {
    fn new(plan: Plan, options: &Options) -> World {
        let Plan { seed, setting, .. } = &plan;
        let mut clocks = Chance::new(*seed, Subject::Turns);
        // A clone needs a machine of its own, beside those of the members.
        let clones = plan.faults.iter().any(|fault| matches!(fault.kind, Kind::Clone { .. }));
        let machines = setting.hosts() + usize::from(clones);
        let hosts =
            (0..machines).map(|place| Host::new(place, setting, *seed, &mut clocks)).collect();
        let network = Chance::new(*seed, Subject::Network);
        let mut world = World {
            saboteur: Saboteur::new(*seed, options.sabotage),
            queue: EventQueue::default(),
            hosts,
            serving: std::iter::repeat_with(Serving::default).take(machines).collect(),
            network: Network::new(machines, setting.weather, network),
            clients: vec![],
            record: Vec::with_capacity(2 * setting.load.operations as usize),
            open: 0,
            operations_left: plan.operations,
            judged: options.plain.is_none(),
            ending: Ending::default(),
            operator: Operator::new(setting),
            trace: Trace::new(*seed, options.story),
            recorder: Recorder::new(options.diagram, machines),
            stats: Stats::default(),
            invariants: invariants::all(setting),
            coups: 0,
            faults: plan
                .faults
                .iter()
                .map(|fault| FaultState::not_yet(*seed, fault.number))
                .collect(),
            last_done_us: 0,
            waiting_since_us: None,
            next_number: 0,
            next_session: 0,
            violation: None,
            judgements: vec![],
            healed: false,
            disks: Chance::new(*seed, Subject::Disks),
            turns: clocks,
            walls_ms: vec![],
            inputs: vec![],
            outputs: vec![],
            plan,
        };
        world.begin();
        world
    }

    /// How many machines there are that are members, or may become some. Behind them among the
    /// hosts is room for a clone of one, if the plan has any.
    fn members(&self) -> usize {
        self.plan.setting.hosts()
    }

    /// Puts the first events in the queue.
    fn begin(&mut self) {
        for host in 0..self.members() {
            if self.saboteur.does(Sabotage::HastyDisk) {
                self.hosts[host].disk.make_hasty();
            }
            if self.saboteur.does(Sabotage::ForgetfulDisk) {
                self.hosts[host].disk.make_forgetful(3);
            }
            if self.saboteur.does(Sabotage::TornTail) {
                self.hosts[host].disk.make_tearing();
            }
            if !self.hosts[host].is_spare {
                self.queue.after(self.turns.below(300_000), Event::Boot { host });
            }
        }
        let load = self.plan.setting.load;
        for place in 0..load.clients {
            let clients = load.clients as u64;
            let share = load.operations / clients
                + u64::from(place as u64 == 0) * (load.operations % clients);
            let left = if self.plan.clients.contains(&place) { share } else { 0 };
            self.add_client(place % self.plan.setting.nodes, Source::Drawn { left }, 500_000);
        }
        for (place, fault) in self.plan.faults.iter().enumerate() {
            self.queue.at(fault.at_us.saturating_sub(RUSH_US), Event::Rush);
            for after_us in CHANGE_US.into_iter().filter(|us| fault.at_us + us < fault.until_us) {
                self.queue.at(fault.at_us + after_us, Event::Rush);
            }
            self.queue.at(fault.at_us, Event::FaultBegins { fault: place });
            self.queue.at(fault.until_us, Event::FaultEnds { fault: place });
        }
        self.queue.at(self.plan.setting.breaking_us, Event::Heal);
    }

    /// Brings in a client, which begins within that time.
    fn add_client(&mut self, host: usize, source: Source, within_us: u64) {
        let place = self.clients.len();
        let mut client = Client::new(self.plan.seed, place, host, source);
        self.queue
            .after(client.chance.below(within_us + 1), Event::Client { client: place, life: 0 });
        self.clients.push(client);
    }

    /// Runs until it has come to rest, or an invariant is violated.
    fn run(mut self) -> Report {
        while self.violation.is_none() && !self.ending.is_over() {
            let event = self.queue.next().expect("a world that has not come to rest goes on");
            self.stats.events += 1;
            self.happen(event);
        }
        self.into_report()
    }

    fn now_us(&self) -> u64 {
        self.queue.now_us()
    }

    /// An invariant is violated. Only the first counts.
    fn fail(&mut self, invariant: &'static str, what: String) {
        let at_us = self.now_us();
        self.trace.tell(at_us, || format!("VIOLATED: {invariant}: {what}"));
        self.recorder.mark(at_us, None, "violated", || format!("{invariant}: {what}"));
        self.recorder.fail(at_us);
        self.violation.get_or_insert(Violation { invariant, at_ms: at_us / 1000, what });
    }

    fn happen(&mut self, event: Event) {
        let now_us = self.now_us();
        match event {
            Event::Boot { host } => self.boot(host),
            Event::Turn { host, life } => self.turn(host, life),
            Event::Tick { host, life } => self.tick(host, life),
            Event::Wake { host } => self.wake(host),
            Event::Synced { host, life } => self.synced(host, life),
            Event::Written { host, life, number, bytes } => self.written(host, life, number, bytes),
            Event::Placed { host, life, number } => self.placed(host, life, number),
            Event::LogRead { host, life, request, place, bytes } => {
                self.log_read(host, life, request, place, bytes);
            }
            Event::Arrive(flight) => self.arrive(flight),
            Event::Dial { from, to } => self.dial(from, to),
            Event::Break { from, to, epoch } => {
                if self.network.give_up(from, to, epoch) {
                    self.hang_up(from, to, epoch);
                }
            }
            Event::Hangup { from, to, epoch } => self.hang_up(from, to, epoch),
            Event::Left { host, life, path } => self.left(host, life, path),
            Event::Client { client, life } => self.client_goes_on(client, life),
            Event::Requests { host, life, session, asked } => {
                self.requests_arrive(host, life, session, asked);
            }
            Event::Closed { host, life, session } => self.closed_arrives(host, life, session),
            Event::Answer { client, life, answer } => self.answer_arrives(client, life, answer),
            Event::Lost { client, life } => self.connection_is_lost(client, life),
            Event::Impatient { client } => self.client_looks(client),
            Event::Rush => self.rush(),
            Event::Rebel { fault } => self.rebel(fault),
            Event::Flap { fault } => self.flap(fault),
            Event::Stop { fault } => self.look_at_stop(fault),
            Event::Stumble { host, life } => {
                if self.hosts[host].life == life && self.hosts[host].is_up() {
                    self.stumble(host);
                }
            }
            Event::FaultBegins { fault } => self.begin_fault(fault),
            Event::FaultEnds { fault } => self.end_fault(fault),
            Event::Join { host } => self.join(host),
            Event::Operate { task } => self.operate(task),
            Event::Heal => self.heal(),
            Event::Watch => self.watch(),
        }
        self.trace.number(now_us);
    }

    fn new_session(&mut self) -> SessionId {
        self.next_session += 1;
        SessionId(self.next_session)
    }

    fn new_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}
