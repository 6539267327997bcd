//! One algorithm for each level, or for each family of levels. [`decide`] says which.

pub(crate) mod assign;
pub(crate) mod causal;
pub(crate) mod counters;
pub(crate) mod decision;
pub(crate) mod eventual;
pub(crate) mod linearizable;
pub(crate) mod pram;
pub(crate) mod sequential;
pub(crate) mod sessions;
pub(crate) mod sums;
pub(crate) mod transactions;
pub(crate) mod writes;
pub(crate) mod zones;

use crate::budget::Meter;
use crate::model::level::Level;
use crate::model::view::View;
use causal::Form;
use decision::Decision;
use writes::Guarantee;

/// What the algorithm for a level says of a view.
pub(crate) fn decide(view: &View<'_>, level: Level, meter: &mut Meter) -> Decision {
    match level {
        Level::Linearizable | Level::Bounded { .. } if view.is_whole => {
            transactions::judge(view, true, meter)
        }
        Level::Sequential if view.is_whole => transactions::judge(view, false, meter),
        Level::Linearizable | Level::Bounded { .. } => linearizable::judge(view, meter),
        Level::Causal if view.has_updates.contains(&true) => counters::judge(view, meter),
        Level::Causal => causal::judge(view, Form::Ccv, meter),
        Level::Cm => causal::judge(view, Form::Cm, meter),
        Level::Cc => causal::judge(view, Form::Cc, meter),
        Level::Pram => pram::judge(view, meter),
        Level::Wfr => writes::judge(view, Guarantee::Wfr, meter),
        Level::Mw => writes::judge(view, Guarantee::Mw, meter),
        Level::Ryw => sessions::read_your_writes(view),
        Level::Mr => sessions::monotonic_reads(view, meter),
        Level::Sequential | Level::Eventual => sequential::judge(view, meter),
    }
}
