//! The settings of worlds in which nothing breaks: they show how fast the simulator is, and in calm
//! ones it is checked how long things take.

use node::{Level, Limits, Order};

use crate::options::{Options, Plain};
use crate::plan::chance::{Chance, Delay, Spread, Subject};
use crate::plan::setting::{Load, Setting};
use crate::plan::weather::{Style, Weather};

impl Plain {
    /// What such a world is made of.
    pub(crate) fn setting(self, seed: u64, options: &Options) -> Setting {
        match self {
            Plain::Busy | Plain::Moderate => self.steady(),
            Plain::Calm => calm(seed, options),
        }
    }

    /// A world that shows how fast the simulator is.
    fn steady(self) -> Setting {
        let weather = Weather {
            style: Style::Stream,
            delay: steady(100),
            far: 0,
            loss_per_mille: 0,
            twice_per_mille: 0,
            patience_us: 1_000_000,
            dial_us: 1_000,
        };
        let busy = self == Plain::Busy;
        let load = Load {
            clients: if busy { 64 } else { 24 },
            keys: 100,
            operations: if busy { 300_000 } else { 30_000 },
            patience_us: 4_000_000,
            writes_percent: 50,
            private_percent: 0,
            repeats_percent: 0,
            cas_percent: 0,
            many_percent: 0,
            once_percent: 0,
            levels_percent: 0,
            bound_ms: 100,
            prefers_percent: 0,
            pipeline_percent: if busy { 100 } else { 5 },
            row_max: if busy { 16 } else { 6 },
            certified: false,
            wander_percent: 0,
            talk_percent: 0,
            keyspaces_percent: 0,
        };
        Setting {
            order: Order::Agreed,
            level: Level::Linearizable,
            nodes: 3,
            spares: 0,
            request_timeout_ms: 3000,
            max_clock_drift_ms: 3_600_000,
            breaking_us: if busy { 10_000_000 } else { 60_000_000 },
            weather,
            sync: steady(500),
            gathering: steady(if busy { 200 } else { 0 }),
            turn_steps: node::TURN_STEPS,
            limits: Limits::default(),
            max_memory: None,
            rots_percent: 0,
            loses_percent: 0,
            load,
            calm: false,
        }
    }
}

/// Always about as long, and never much longer.
fn steady(base_us: u64) -> Delay {
    let jitter_us = base_us / 2;
    Delay { base_us, spread: Spread::Even, jitter_us, tail_per_mille: 0, tail_us: 0 }
}

/// A calm world: quick messages and disks, and clients that ask for one thing at a time.
fn calm(seed: u64, options: &Options) -> Setting {
    let mut chance = Chance::new(seed, Subject::Calm);
    let drawn = Setting::draw(seed, options);
    // What a merged log lost is repaired; a follower's agreed write that is lost, or overtakes the
    // one before it, waits for half a second.
    let lossy = drawn.order == Order::Merged;
    let weather = Weather {
        style: if lossy { Style::Datagram } else { Style::Stream },
        delay: steady(chance.pick(&[50, 500])),
        far: 0,
        loss_per_mille: if lossy { 20 } else { 0 },
        twice_per_mille: 0,
        patience_us: 1_000_000,
        dial_us: 1_000,
    };
    let load = Load {
        clients: 6,
        keys: 4,
        // Where messages get lost, others write nearly without a pause while that is repaired.
        operations: if lossy { 2_000 } else { 500 },
        patience_us: 4_000_000,
        pipeline_percent: 0,
        row_max: 1,
        wander_percent: 0,
        talk_percent: 0,
        prefers_percent: 0,
        keyspaces_percent: 0,
        ..drawn.load
    };
    Setting {
        spares: 0,
        request_timeout_ms: 3000,
        max_clock_drift_ms: 3_600_000,
        breaking_us: 10_000_000,
        weather,
        sync: steady(chance.pick(&[50, 500, 3_000])),
        gathering: steady(0),
        turn_steps: node::TURN_STEPS,
        limits: Limits::default(),
        max_memory: None,
        rots_percent: 0,
        loses_percent: 0,
        load,
        calm: true,
        ..drawn
    }
}
