//! What each client does: random sleeps and random operations all come from one seed, so the seed
//! brings them back.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::plan::Work;
use super::step::Step;
use super::workload::Share;
use crate::scenario::{Request, Scenario};

/// The longest random sleep.
const RANDOM_SLEEP_MS_MAX: u64 = 1000;

/// What each client of a scenario does, in their order, with every random sleep drawn. Each
/// client draws from a stream of its own, so a request more for one leaves the others alone.
pub(crate) fn draw(scenario: &Scenario, seed: u64) -> Vec<Work> {
    let listed = scenario.clients.iter().map(|client| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(client.number);
        Work::Steps(client.requests.iter().map(|request| step(request, &mut random)).collect())
    });
    let clients = scenario.all_clients();
    let random = clients.iter().skip(scenario.clients.len());
    let places = scenario
        .workloads
        .iter()
        .flat_map(|workload| (0..workload.clients).map(move |place| (workload, place)));
    let shares = random.zip(places).map(|(client, (workload, place))| {
        Work::Share(Share::of(workload, seed, client.number, place))
    });
    listed.chain(shares).collect()
}

fn step(request: &Request, random: &mut ChaCha8Rng) -> Step {
    match request {
        Request::Write { key, value } => Step::Write { key: key.clone(), value: value.clone() },
        Request::Read { key, level } => {
            Step::Read { key: key.clone(), level: level.map(|level| level.to_string()) }
        }
        Request::Transaction { commands } => {
            let commands = commands.iter().map(|command| step(command, random)).collect();
            Step::Transaction { commands }
        }
        Request::Sleep { ms } => Step::Sleep { ms: *ms },
        Request::SleepAtRandom => Step::Sleep { ms: random.random_range(0..=RANDOM_SLEEP_MS_MAX) },
    }
}

/// A seed for who gave none, short enough to be read out.
pub(crate) fn fresh_seed() -> u64 {
    u64::from(fresh_random() as u32)
}

/// Some bits that nobody can foretell: the keys that the standard library draws from the system.
pub(crate) fn fresh_random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLEEPERS: &str = r#"{"num_servers":1,"consistency_level":"eventual","clients":[
        {"client_number":0,"server_number":0,"requests":[{"type":"sleep"},{"type":"sleep"},
         {"type":"sleep","ms":7}]},
        {"client_number":1,"server_number":0,"requests":[{"type":"sleep"},{"type":"sleep"}]}]}"#;

    #[test]
    fn the_seed_alone_brings_the_delays_back() {
        let scenario = Scenario::parse("f", SLEEPERS).unwrap();
        let steps = |seed| -> Vec<Vec<Step>> {
            let of_work = |work| match work {
                Work::Steps(steps) => steps,
                Work::Share(_) => panic!("there is no workload"),
            };
            draw(&scenario, seed).into_iter().map(of_work).collect()
        };
        let drawn = steps(42);
        assert_eq!(drawn, steps(42));
        assert_ne!(drawn, steps(43));
        assert_ne!(drawn[0][..2], drawn[1][..], "clients draw apart");
        assert_eq!(drawn[0][2], Step::Sleep { ms: 7 });
        let at_most_a_second = |step: &Step| matches!(step, Step::Sleep { ms: 0..=1000 });
        assert!(drawn.iter().flatten().all(at_most_a_second));
    }
}
