//! The setting of plain worlds: nothing breaks, and they show how fast the simulator is.

use node::{Level, Limits, Order};

use crate::options::Plain;
use crate::plan::chance::{Delay, Spread};
use crate::plan::setting::{Load, Setting};
use crate::plan::weather::{Style, Weather};

impl Plain {
    /// What such a world is made of.
    pub(crate) fn setting(self) -> Setting {
        let steady = |base_us| Delay {
            base_us,
            spread: Spread::Even,
            jitter_us: base_us / 2,
            tail_per_mille: 0,
            tail_us: 0,
        };
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
            levels_percent: 0,
            pipeline_percent: if busy { 100 } else { 5 },
            row_max: if busy { 16 } else { 6 },
            certified: false,
            wander_percent: 0,
            talk_percent: 0,
        };
        Setting {
            order: Order::Agreed,
            level: Level::Linearizable,
            nodes: 3,
            request_timeout_ms: 3000,
            max_clock_drift_ms: 3_600_000,
            breaking_us: if busy { 10_000_000 } else { 60_000_000 },
            weather,
            sync: steady(500),
            gathering: steady(if busy { 200 } else { 0 }),
            turn_steps: node::TURN_STEPS,
            limits: Limits::default(),
            load,
        }
    }
}
