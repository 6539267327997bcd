//! The order of writes that causality asks for (the conflict relation of Bouajjani, Enea, Guerraoui
//! & Hamza, POPL 2017): a write that an operation had among its causes, and did not see, comes
//! before the one that it saw.

use crate::budget::Meter;
use crate::model::view::{INITIAL, NONE};
use crate::relation::causality::{Causality, Derived, Stop, Why};

/// One order of everything that extends causality and explains what each operation saw.
pub(crate) fn arbitrate(
    causality: &mut Causality<'_, '_>,
    meter: &mut Meter,
) -> Result<Vec<u32>, Stop> {
    let (mut writes, mut new, mut unseen) = (Vec::new(), Derived::default(), None);
    causality.walk(meter, |moment, meter| {
        let source = causality.source(moment.id);
        if source == NONE {
            return true;
        }
        moment.last_writes(&mut writes);
        if source == INITIAL {
            unseen = unseen.or(writes.first().map(|&write| (moment.id, write)));
            return true;
        }
        let why = Why::Hidden { reader: moment.id };
        let mut must = writes.iter().filter(|&&write| !moment.is_before_source(write));
        must.all(|&write| new.push(write, source, why, meter))
    })?;
    if let Some((id, write)) = unseen {
        return Err(causality
            .cycle_with(id, write, Why::Overwritten { maker: NONE }, meter)
            .into());
    }
    causality.add_derived(new);
    causality.line_up(meter)?;
    Ok(std::mem::take(&mut causality.order))
}
