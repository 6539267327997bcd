//! The world: everything there is, and the one loop that moves it.

pub(crate) mod ending;
pub(crate) mod event_queue;
pub(crate) mod faults;
mod links;
pub(crate) mod panic;
mod requests;
mod staged_faults;
pub(crate) mod stats;
mod turn;

use node::{Input, Level, Output, SessionId};

use crate::env::client::{Client, Source};
use crate::env::host::Host;
use crate::env::network::Network;
use crate::invariants::{self, Judgement, Truth};
use crate::options::Options;
use crate::plan::Plan;
use crate::plan::chance::{Chance, Subject};
use crate::plan::fault::Kind;
use crate::record::diagram::Recorder;
use crate::record::operation::Operation;
use crate::record::trace::Trace;
use crate::report::{Report, Violation};
use crate::sabotage::{Liar, Lie};
use crate::world::ending::Ending;
use crate::world::event_queue::{Agenda, Event};
use crate::world::faults::Struck;
use crate::world::stats::Tally;

/// How long before a fault clients begin to hurry: so that it strikes when there is work under way.
const RUSH_US: u64 = 3_000;
/// How long after a fault that lasts clients hurry again: when there may be a new leader, and the old one need not know.
const CHANGE_US: [u64; 4] = [600_000, 700_000, 850_000, 1_000_000];

/// A world.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) liar: Liar,
    pub(crate) agenda: Agenda,
    pub(crate) hosts: Vec<Host>,
    pub(crate) network: Network,
    pub(crate) clients: Vec<Client>,
    /// Everything that clients asked, in order.
    pub(crate) record: Vec<Operation>,
    /// How many of them are open.
    pub(crate) open: u64,
    /// How many more clients may ask for before all heals.
    pub(crate) operations_left: u64,
    /// Whether the judge is asked.
    pub(crate) judged: bool,
    pub(crate) ending: Ending,
    pub(crate) trace: Trace,
    pub(crate) recorder: Recorder,
    pub(crate) tally: Tally,
    pub(crate) truths: Vec<Box<dyn Truth>>,
    /// What each fault of the plan does now.
    pub(crate) struck: Vec<Struck>,
    /// How many coups go on.
    pub(crate) coups: u32,
    /// When an operation was done last.
    pub(crate) last_done_us: u64,
    /// Since when clients wait and nothing is done.
    pub(crate) waiting_since_us: Option<u64>,
    pub(crate) next_number: u64,
    pub(crate) next_session: u64,
    pub(crate) violation: Option<Violation>,
    /// What the judge says.
    pub(crate) judgements: Vec<Judgement>,
    /// Whether the network is whole for good.
    pub(crate) healed: bool,
    pub(crate) disks: Chance,
    pub(crate) turns: Chance,
    /// Room for a turn: the wall clocks of all nodes, what it takes in, what it gives out.
    pub(crate) walls_ms: Vec<u64>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
}

impl World {
    pub(crate) fn new(plan: Plan, options: &Options) -> World {
        let Plan { seed, setting, .. } = &plan;
        let mut clocks = Chance::new(*seed, Subject::Turns);
        // A clone needs a machine of its own, beside those of the members.
        let clones = plan.faults.iter().any(|fault| matches!(fault.kind, Kind::Clone { .. }));
        let machines = setting.nodes + usize::from(clones);
        let hosts =
            (0..machines).map(|place| Host::new(place, setting, *seed, &mut clocks)).collect();
        let network = Chance::new(*seed, Subject::Network);
        let mut world = World {
            liar: Liar::new(*seed, options.lie),
            agenda: Agenda::default(),
            hosts,
            network: Network::new(machines, setting.weather, network),
            clients: vec![],
            record: Vec::with_capacity(2 * setting.load.operations as usize),
            open: 0,
            operations_left: plan.operations,
            judged: options.plain.is_none(),
            ending: Ending::default(),
            trace: Trace::new(*seed, options.story),
            recorder: Recorder::new(options.diagram, machines),
            tally: Tally::default(),
            truths: invariants::all(setting),
            coups: 0,
            struck: plan.faults.iter().map(|fault| Struck::not_yet(*seed, fault.number)).collect(),
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

    /// How many members there are. Behind them among the hosts is room for a clone of one, if the plan has any.
    pub(crate) fn members(&self) -> usize {
        self.plan.setting.nodes
    }

    /// Puts the first events on the agenda.
    fn begin(&mut self) {
        for host in 0..self.members() {
            if self.liar.tells(Lie::HastyDisk) {
                self.hosts[host].disk.make_hasty();
            }
            if self.liar.tells(Lie::ForgetfulDisk) {
                self.hosts[host].disk.make_forgetful(3);
            }
            if self.liar.tells(Lie::TornTail) {
                self.hosts[host].disk.make_tearing();
            }
            self.agenda.after(self.turns.below(300_000), Event::Boot { host });
        }
        let load = self.plan.setting.load;
        for place in 0..load.clients {
            let clients = load.clients as u64;
            let share = load.operations / clients
                + u64::from(place as u64 == 0) * (load.operations % clients);
            let left = if self.plan.clients.contains(&place) { share } else { 0 };
            self.add_client(place % self.members(), Source::Drawn { left }, 500_000);
        }
        for (place, fault) in self.plan.faults.iter().enumerate() {
            self.agenda.at(fault.at_us.saturating_sub(RUSH_US), Event::Rush);
            for after_us in CHANGE_US.into_iter().filter(|us| fault.at_us + us < fault.until_us) {
                self.agenda.at(fault.at_us + after_us, Event::Rush);
            }
            self.agenda.at(fault.at_us, Event::Strike { fault: place });
            self.agenda.at(fault.until_us, Event::Mend { fault: place });
        }
        self.agenda.at(self.plan.setting.breaking_us, Event::Heal);
    }

    /// Brings in a client, which begins within that time.
    pub(crate) fn add_client(&mut self, host: usize, source: Source, within_us: u64) {
        let place = self.clients.len();
        let mut client = Client::new(self.plan.seed, place, host, source);
        self.agenda
            .after(client.chance.below(within_us + 1), Event::Client { client: place, life: 0 });
        self.clients.push(client);
    }

    /// Lives until it has come to rest, or a truth is broken.
    pub(crate) fn run(mut self) -> Report {
        while self.violation.is_none() && !self.ending.is_over() {
            let event = self.agenda.next().expect("a world that has not come to rest goes on");
            self.tally.events += 1;
            self.happen(event);
        }
        Report::of(self)
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.agenda.now_us()
    }

    /// A truth is broken. Only the first counts.
    pub(crate) fn fail(&mut self, truth: &'static str, what: String) {
        let at_us = self.now_us();
        self.trace.tell(at_us, || format!("VIOLATED: {truth}: {what}"));
        self.recorder.mark(at_us, None, "violated", || format!("{truth}: {what}"));
        self.recorder.fail(at_us);
        self.violation.get_or_insert(Violation { truth, at_ms: at_us / 1000, what });
    }

    fn happen(&mut self, event: Event) {
        let now_us = self.now_us();
        match event {
            Event::Boot { host } => self.boot(host),
            Event::Turn { host, life } => self.turn(host, life),
            Event::Tick { host, life } => self.tick(host, life),
            Event::Wake { host } => self.wake(host),
            Event::Synced { host, life } => self.synced(host, life),
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
            Event::Lost { client, life } => self.line_is_lost(client, life),
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
            Event::Strike { fault } => self.strike(fault),
            Event::Mend { fault } => self.mend(fault),
            Event::Heal => self.heal(),
            Event::Watch => self.watch(),
        }
        self.trace.number(now_us);
    }

    /// The default level, and whatever a read asked for instead.
    pub(crate) fn level(&self, asked: Option<Level>) -> Level {
        asked.unwrap_or(self.plan.setting.level)
    }

    pub(crate) fn new_session(&mut self) -> SessionId {
        self.next_session += 1;
        SessionId(self.next_session)
    }

    pub(crate) fn new_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}
